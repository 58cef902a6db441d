#include "fetches.hpp"

#include <utility>

namespace larder {

Fetches::Seat Fetches::board(const Key& key, Deadline deadline) {
  const SteadyTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto place = table_.find(key);
  const bool listed = place != table_.end();
  if (listed && place->second.fetch != nullptr) {
    const FetchPtr& running = place->second.fetch;
    if (running->deadline > deadline) {
      return Seat{};  // It might answer too late for this caller.
    }
    if (now - running->began < bounds_.staleness) {
      return Seat{.role = Role::joins, .fetch = running};
    }
  }
  if ((listed && place->second.writers > 0) || unlisted_writers_ > 0) {
    return Seat{};
  }
  if (!listed && table_.size() >= bounds_.keys_max) {
    counters_.fills_refused.add();
    return Seat{};
  }
  auto fetch =
      std::make_shared<Fetch>(Fetch{.began = now, .deadline = deadline, .may_fill = live_});
  table_[key].fetch = fetch;
  return Seat{.role = Role::leads, .fetch = std::move(fetch)};
}

bool Fetches::take_out(const Key& key, const FetchPtr& fetch) {
  const auto place = table_.find(key);
  if (place == table_.end() || place->second.fetch != fetch) {
    return false;
  }
  place->second.fetch = nullptr;
  if (place->second.writers == 0) {
    table_.erase(place);
  }
  return true;
}

void Fetches::land(const Key& key, const FetchPtr& fetch, const FetchAnswer& answer) {
  {
    const std::lock_guard lock(mutex_);
    fetch->answer = answer;
    const bool stands = take_out(key, fetch);
    // What is stale already has to be loaded anew; a copy of it would only be in the way.
    if (answer && *answer && (*answer)->is_fresh()) {
      const SteadyTime until = fetch->began + bounds_.staleness;
      if (!stands) {
        counters_.fills_killed.add();
      } else if (fetch->may_fill && clock_.now() < until) {
        local_.insert(**answer, until);
        counters_.fills.add();
      }
    }
  }
  fetch->landed.ring();
}

void Fetches::abandon(const Key& key, const FetchPtr& fetch) {
  {
    const std::lock_guard lock(mutex_);
    take_out(key, fetch);
  }
  fetch->landed.ring();
}

std::optional<FetchAnswer> Fetches::answer(const Fetch& fetch) const {
  const std::lock_guard lock(mutex_);
  if (!fetch.answer || clock_.now() - fetch.began > bounds_.staleness ||
      (!*fetch.answer && fetch.answer->error().code() == Errc::cancelled)) {
    return std::nullopt;
  }
  return fetch.answer;
}

void Fetches::write_begins(const Key& key) {
  const std::lock_guard lock(mutex_);
  change_locked(key);
  const auto place = table_.find(key);
  if (place != table_.end()) {
    ++place->second.writers;
  } else if (table_.size() < bounds_.keys_max) {
    table_.emplace(key, Pending{.writers = 1});
  } else {
    // It cannot be told which answers it makes doubtful: all are.
    for (auto& [other, pending] : table_) {
      pending.fetch = nullptr;
    }
    std::erase_if(table_, [](const auto& item) { return item.second.writers == 0; });
    ++unlisted_writers_;
  }
}

void Fetches::write_ended(const Key& key) {
  const std::lock_guard lock(mutex_);
  local_.drop(key);
  const auto place = table_.find(key);
  if (place == table_.end()) {
    --unlisted_writers_;
    return;
  }
  if (--place->second.writers == 0 && place->second.fetch == nullptr) {
    table_.erase(place);
  }
}

void Fetches::change(const Key& key) {
  const std::lock_guard lock(mutex_);
  change_locked(key);
}

void Fetches::change_locked(const Key& key) {
  if (const auto place = table_.find(key); place != table_.end()) {
    place->second.fetch = nullptr;
    if (place->second.writers == 0) {
      table_.erase(place);
    }
  }
  local_.drop(key);
  counters_.drops.add();
}

void Fetches::change_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, pending] : table_) {
    pending.fetch = nullptr;
  }
  std::erase_if(table_, [](const auto& item) { return item.second.writers == 0; });
  local_.drop_all();
}

void Fetches::set_live(bool live) {
  const std::lock_guard lock(mutex_);
  live_ = live;
}

bool Fetches::live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

}  // namespace larder

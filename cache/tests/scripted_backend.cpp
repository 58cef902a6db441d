#include "scripted_backend.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder {

namespace asio = boost::asio;

ScriptedBackend::ScriptedBackend(Clock& clock) : clock_(clock) {}

void ScriptedBackend::fail(Verb verb, Error error) {
  const std::lock_guard lock(mutex_);
  script(verb).failure = std::move(error);
}

void ScriptedBackend::fail_once(Verb verb, Error error) {
  const std::lock_guard lock(mutex_);
  script(verb).next_failure = std::move(error);
}

void ScriptedBackend::slow(Verb verb, milliseconds span) {
  const std::lock_guard lock(mutex_);
  script(verb).takes = span;
}

void ScriptedBackend::answer_late(milliseconds span) {
  const std::lock_guard lock(mutex_);
  late_ = span;
}

void ScriptedBackend::answer_epochs_late(milliseconds span) {
  const std::lock_guard lock(mutex_);
  epochs_late_ = span;
}

void ScriptedBackend::fail_all(const Error& error) {
  const std::lock_guard lock(mutex_);
  for (Script& one : scripts_) {
    one.failure = error;
  }
}

void ScriptedBackend::heal() {
  const std::lock_guard lock(mutex_);
  for (Script& one : scripts_) {
    one.failure.reset();
    one.next_failure.reset();
    one.takes = milliseconds(0);
  }
}

std::size_t ScriptedBackend::calls(Verb verb) const {
  const std::lock_guard lock(mutex_);
  return script(verb).calls;
}

std::size_t ScriptedBackend::running(Verb verb) const {
  const std::lock_guard lock(mutex_);
  return script(verb).running;
}

EntryRef ScriptedBackend::entry(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto place = entries_.find(key);
  return place == entries_.end() ? EntryRef() : place->second.entry;
}

BackendStats ScriptedBackend::stats() const {
  const std::lock_guard lock(mutex_);
  return {.entries = entries_.size()};
}

awaitable<std::optional<Error>> ScriptedBackend::play(Verb verb, Deadline deadline) {
  std::optional<Error> failure;
  milliseconds takes{0};
  {
    const std::lock_guard lock(mutex_);
    Script& part = script(verb);
    ++part.calls;
    ++part.running;
    failure = part.next_failure ? std::exchange(part.next_failure, std::nullopt) : part.failure;
    takes = part.takes;
  }
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  const auto state = co_await asio::this_coro::cancellation_state;
  bool cancelled = state.cancelled() != asio::cancellation_type::none;
  if (!cancelled && takes > milliseconds(0)) {
    const SteadyTime end = clock_.in(takes);
    cancelled = !co_await clock_.sleep_until(std::min(end, deadline));
    if (end > deadline) {
      failure = Error(Errc::timeout, "scripted: too slow");
    }
  }
  if (cancelled) {
    failure = Error(Errc::cancelled, "scripted: cancelled");
  }
  const std::lock_guard lock(mutex_);
  --script(verb).running;
  co_return failure;
}

std::optional<Found> ScriptedBackend::find(const Key& key) {
  const auto place = entries_.find(key);
  if (place == entries_.end() || place->second.gone_at <= clock_.now()) {
    return std::nullopt;
  }
  const Stored& stored = place->second;
  const auto left = std::chrono::duration_cast<milliseconds>(stored.gone_at - clock_.now());
  return Found{.entry = stored.entry, .life_left = left, .version = stored.version};
}

void ScriptedBackend::share() {
  capabilities_.leases = true;
  capabilities_.shared = true;
}

void ScriptedBackend::forget_epochs() {
  const std::lock_guard lock(mutex_);
  epochs_.clear();
}

std::size_t ScriptedBackend::leases() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      leases_, [this](const auto& one) { return one.second.end > clock_.now(); }));
}

Version ScriptedBackend::write(const Entry& entry) {
  const Version version{++last_number_};
  entries_.insert_or_assign(entry.key, Stored{.entry = PackedEntry::pack(entry),
                                              .gone_at = clock_.now() + entry.life.total(),
                                              .version = version});
  return version;
}

bool ScriptedBackend::holds(const LeaseHold& lease) const {
  const auto place = leases_.find(lease.key);
  return place != leases_.end() && place->second.token == lease.token &&
         place->second.end > clock_.now();
}

awaitable<Batch<LeaseAnswer>> ScriptedBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                             Deadline deadline) {
  if (const auto failure = co_await play(Verb::read_or_lease, deadline)) {
    co_return larder::fail_all<LeaseAnswer>(requests.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<LeaseAnswer> answers;
  for (const LeaseRequest& request : requests) {
    LeaseAnswer answer{.found = find(request.key)};
    if (answer.found && answer.found->is_fresh() && answer.found->version != request.despite) {
      answer.state = LeaseState::not_needed;
    } else if (const auto place = leases_.find(request.key);
               place == leases_.end() || place->second.end <= clock_.now()) {
      answer.state = LeaseState::granted;
      answer.token = LeaseToken{++last_number_};
      leases_.insert_or_assign(request.key,
                               Lease{.token = answer.token, .end = clock_.now() + request.hold});
    }
    answers.emplace_back(std::move(answer));
  }
  co_return answers;
}

awaitable<Batch<FillOutcome>> ScriptedBackend::fill(std::span<const Fill> fills,
                                                    Deadline deadline) {
  if (const auto failure = co_await play(Verb::fill, deadline)) {
    co_return larder::fail_all<FillOutcome>(fills.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<FillOutcome> answers;
  for (const Fill& item : fills) {
    const bool held = holds({.key = item.entry.key, .token = item.token});
    if (held) {
      leases_.erase(item.entry.key);
      write(item.entry);
    }
    answers.emplace_back(held ? FillOutcome::stored : FillOutcome::void_lease);
  }
  co_return answers;
}

awaitable<Batch<bool>> ScriptedBackend::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                              Deadline deadline) {
  if (const auto failure = co_await play(Verb::renew, deadline)) {
    co_return larder::fail_all<bool>(leases.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<bool> answers;
  for (const LeaseHold& lease : leases) {
    answers.emplace_back(holds(lease));
    if (*answers.back()) {
      leases_.at(lease.key).end = clock_.now() + hold;
    }
  }
  co_return answers;
}

awaitable<Batch<bool>> ScriptedBackend::release(std::span<const LeaseHold> leases,
                                                Deadline deadline) {
  if (const auto failure = co_await play(Verb::release, deadline)) {
    co_return larder::fail_all<bool>(leases.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<bool> answers;
  for (const LeaseHold& lease : leases) {
    answers.emplace_back(holds(lease) && leases_.erase(lease.key) > 0);
  }
  co_return answers;
}

awaitable<Batch<std::optional<Found>>> ScriptedBackend::get(std::span<const Key> keys,
                                                            Deadline deadline) {
  if (const auto failure = co_await play(Verb::get, deadline)) {
    co_return larder::fail_all<std::optional<Found>>(keys.size(), *failure);
  }
  Batch<std::optional<Found>> answers;
  milliseconds late{0};
  {
    const std::lock_guard lock(mutex_);
    for (const Key& key : keys) {
      answers.emplace_back(find(key));
    }
    late = late_;
  }
  if (late > milliseconds(0)) {
    co_await clock_.sleep_until(clock_.in(late));
  }
  co_return answers;
}

awaitable<Batch<PutOutcome>> ScriptedBackend::put(std::span<const PutItem> items,
                                                  Deadline deadline) {
  if (const auto failure = co_await play(Verb::put, deadline)) {
    co_return larder::fail_all<PutOutcome>(items.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<PutOutcome> answers;
  for (const PutItem& item : items) {
    leases_.erase(item.entry.key);
    const Version version = write(item.entry);
    answers.emplace_back(PutOutcome{.stored = true, .version = version});
  }
  co_return answers;
}

awaitable<Batch<bool>> ScriptedBackend::erase(std::span<const Key> keys, Deadline deadline) {
  if (const auto failure = co_await play(Verb::erase, deadline)) {
    co_return larder::fail_all<bool>(keys.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<bool> answers;
  for (const Key& key : keys) {
    answers.emplace_back(find(key).has_value());
    entries_.erase(key);
    leases_.erase(key);
  }
  co_return answers;
}

awaitable<Batch<bool>> ScriptedBackend::touch(std::span<const TouchItem> items, Deadline deadline) {
  if (const auto failure = co_await play(Verb::touch, deadline)) {
    co_return larder::fail_all<bool>(items.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<bool> answers;
  for (const TouchItem& item : items) {
    const bool there = find(item.key).has_value();
    if (there) {
      Stored& stored = entries_.at(item.key);
      const SteadyTime end = clock_.now() + item.fresh + stored.entry->life().stale;
      stored.gone_at = item.fresh > milliseconds(0) ? end : std::min(end, stored.gone_at);
    }
    answers.emplace_back(there);
  }
  co_return answers;
}

awaitable<Batch<Epoch>> ScriptedBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  if (const auto failure = co_await play(Verb::epochs, deadline)) {
    co_return larder::fail_all<Epoch>(tags.size(), *failure);
  }
  Batch<Epoch> answers;
  milliseconds late{0};
  {
    const std::lock_guard lock(mutex_);
    for (const Tag& tag : tags) {
      const auto [place, created] = epochs_.try_emplace(tag, Epoch{last_number_ + 1});
      last_number_ += created ? 1 : 0;
      answers.emplace_back(place->second);
    }
    late = epochs_late_;
  }
  if (late > milliseconds(0)) {
    co_await clock_.sleep_until(clock_.in(late));
  }
  co_return answers;
}

awaitable<Batch<Epoch>> ScriptedBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  if (const auto failure = co_await play(Verb::bump, deadline)) {
    co_return larder::fail_all<Epoch>(tags.size(), *failure);
  }
  const std::lock_guard lock(mutex_);
  Batch<Epoch> answers;
  for (const Tag& tag : tags) {
    const Epoch epoch{++last_number_};
    epochs_.insert_or_assign(tag, epoch);
    answers.emplace_back(epoch);
  }
  co_return answers;
}

}  // namespace larder

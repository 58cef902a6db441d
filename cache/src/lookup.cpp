#include "lookup.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <larder/cache/cache.hpp>

#include "early_epochs.hpp"
#include "endings.hpp"

namespace larder {

namespace asio = boost::asio;

namespace {

// By whether it can be read and its age; its tags are still to be compared.
Lookup by_age(Result<std::optional<Found>> answer, const Readable& readable, SteadyTime at) {
  Lookup lookup{.at = at};
  if (!answer) {
    // An entry that cannot be read is a miss whose successor may be stored.
    lookup.cause =
        answer.error().code() == Errc::corrupt ? MissCause::unreadable : MissCause::unavailable;
    lookup.failure = std::move(answer).error();
    return lookup;
  }
  if (!*answer) {
    return lookup;
  }
  if (!can_read(readable, **answer)) {
    lookup.cause = MissCause::unreadable;
    lookup.refused = (*answer)->version;
    return lookup;
  }
  lookup.found = *std::move(answer);
  lookup.cause = lookup.found->is_fresh() ? MissCause::none : MissCause::expired;
  return lookup;
}

// The tags of one key: those that its entry was stored under, and those that a load would
// store under.
struct Judged {
  TagEpochs stored{};
  std::vector<Tag> wanted{};
  bool is_late = true;  // the early epochs, where there are any, do not do

  [[nodiscard]] bool has_tags() const noexcept { return !stored.empty() || !wanted.empty(); }
};

Judged tags_to_judge(const Lookup& lookup, const Key& key, const Wish& wish) {
  Judged judged;
  if (lookup.store_is_out()) {
    return judged;
  }
  if (lookup.found) {
    judged.stored = lookup.found->entry->epochs();
  }
  // A hit without tags needs no epochs.
  const bool is_needed = lookup.cause != MissCause::none || !judged.stored.empty();
  if (wish.epochs == Wish::Epochs::always || (wish.epochs != Wish::Epochs::none && is_needed)) {
    judged.wanted = tags_of(key, wish.tags, wish.clearable);
  }
  return judged;
}

// Takes the epochs into account.
void by_epochs(Lookup& lookup, const Judged& judged, const EpochTable& now, Wish::Epochs which) {
  const MissCause outdated = now.compare(judged.stored);
  if (outdated == MissCause::none && lookup.cause == MissCause::none &&
      which != Wish::Epochs::always) {
    return;
  }
  if (outdated != MissCause::none) {
    lookup.cause = outdated;
    lookup.refused = lookup.found->version;
    lookup.found.reset();
  }
  if (auto epochs = now.epochs_of(judged.wanted)) {
    lookup.epochs = *std::move(epochs);
  } else if (lookup.cause != MissCause::none) {
    lookup.cause = MissCause::unavailable;
  }
  if (!lookup.failure) {
    lookup.failure = now.failure();
  }
}

// The tags that the entries of the keys are expected to have.
EpochTable expected(std::span<const Key> keys, const Wish& wish) {
  EpochTable table;
  table.want(wish.tags);
  std::string_view last;
  for (const Key& key : keys) {
    if (wish.clearable && key.name_space() != last) {
      table.want(tags_of(key, {}, true));
      last = key.name_space();
    }
  }
  return table;
}

void give_up(std::vector<Lookup>& lookups, SteadyTime at) {
  for (Lookup& lookup : lookups) {
    lookup = Lookup{.cause = MissCause::unavailable, .failure = cancelled_error(), .at = at};
  }
}

}  // namespace

bool can_read(const Readable& readable, const Found& found) {
  // Coded bytes come from a stack with a codec that this one lacks; they are no value.
  if (found.entry->codec() != Codec::none) {
    return false;
  }
  return !readable || found.entry->presence() == Presence::absence ||
         readable(value_of(found.entry));
}

std::vector<Tag> tags_of(const Key& key, std::span<const Tag> tags, bool clearable) {
  std::vector<Tag> all;
  all.reserve(tags.size() + 1);
  all.assign(tags.begin(), tags.end());
  if (clearable) {
    all.push_back(Tag::literal(key.name_space(), kClearTagId));
  }
  return all;
}

awaitable<std::vector<Lookup>> look_up(Store& store, OpenWork& open, Clock& clock,
                                       std::span<const Key> keys, Wish wish, Deadline deadline) {
  std::optional<EarlyEpochs> early;
  if (store.is_far()) {
    if (EpochTable tags = expected(keys, wish); !tags.empty()) {
      early.emplace(store, open, co_await asio::this_coro::executor, std::move(tags), deadline);
    }
  }
  Batch<std::optional<Found>> answers = co_await store.get(keys, deadline);
  const SteadyTime at = clock.now();
  std::vector<Lookup> lookups;
  lookups.reserve(keys.size());
  std::vector<Judged> judged;
  judged.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Lookup& lookup = lookups.emplace_back(by_age(std::move(answers[i]), wish.readable, at));
    judged.push_back(tags_to_judge(lookup, keys[i], wish));
  }
  const EpochTable* told = nullptr;
  if (early && std::ranges::any_of(judged, &Judged::has_tags) &&
      !is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_await early->wait();
    told = early->told();
  }
  EpochTable late;
  for (Judged& one : judged) {
    one.is_late = told == nullptr || !told->confirms(one.stored) || !told->tells(one.wanted);
    if (one.is_late) {
      late.want(one.stored);
      late.want(one.wanted);
    }
  }
  if (!late.empty()) {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      give_up(lookups, at);
      co_return lookups;
    }
    co_await late.read(store, deadline);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!lookups[i].store_is_out()) {
      by_epochs(lookups[i], judged[i], judged[i].is_late ? late : *told, wish.epochs);
    }
  }
  co_return lookups;
}

awaitable<std::vector<MissCause>> judge(Store& store, std::span<const Found> entries,
                                        Deadline deadline) {
  std::vector<TagEpochs> stored;
  stored.reserve(entries.size());
  EpochTable table;
  for (const Found& found : entries) {
    table.want(stored.emplace_back(found.entry->epochs()));
  }
  if (!table.empty()) {
    co_await table.read(store, deadline);
  }
  std::vector<MissCause> causes;
  causes.reserve(entries.size());
  for (const TagEpochs& epochs : stored) {
    causes.push_back(table.compare(epochs));
  }
  co_return causes;
}

awaitable<Result<TagEpochs>> read_epochs(Store& store, std::vector<Tag> tags, Deadline deadline) {
  EpochTable table;
  table.want(tags);
  if (!table.empty()) {
    co_await table.read(store, deadline);
  }
  co_return table.epochs_of(tags);
}

}  // namespace larder

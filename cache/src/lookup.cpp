#include "lookup.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <larder/cache/cache.hpp>

#include "endings.hpp"
#include "epoch_table.hpp"

namespace larder {
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

// Takes the epochs into account.
void by_epochs(Lookup& lookup, const TagEpochs& stored, std::span<const Tag> wanted,
               const EpochTable& now, Wish::Epochs which) {
  const MissCause outdated = now.compare(stored);
  if (outdated == MissCause::none && lookup.cause == MissCause::none &&
      which == Wish::Epochs::of_misses) {
    return;
  }
  if (outdated != MissCause::none) {
    lookup.cause = outdated;
    lookup.refused = lookup.found->version;
    lookup.found.reset();
  }
  if (auto epochs = now.epochs_of(wanted)) {
    lookup.epochs = *std::move(epochs);
  } else if (lookup.cause != MissCause::none) {
    lookup.cause = MissCause::unavailable;
  }
  if (!lookup.failure) {
    lookup.failure = now.failure();
  }
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

awaitable<std::vector<Lookup>> look_up(Store& store, Clock& clock, std::span<const Key> keys,
                                       Wish wish, Deadline deadline) {
  struct Judged {
    TagEpochs stored;
    std::vector<Tag> wanted;
  };
  Batch<std::optional<Found>> answers = co_await store.get(keys, deadline);
  const SteadyTime at = clock.now();
  std::vector<Lookup> lookups;
  lookups.reserve(keys.size());
  std::vector<Judged> judged(keys.size());
  EpochTable table;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Lookup& lookup = lookups.emplace_back(by_age(std::move(answers[i]), wish.readable, at));
    if (lookup.store_is_out()) {
      continue;
    }
    if (lookup.found) {
      judged[i].stored = lookup.found->entry->epochs();
    }
    // A hit without tags needs no epochs.
    if (lookup.cause != MissCause::none || wish.epochs == Wish::Epochs::always ||
        !judged[i].stored.empty()) {
      judged[i].wanted = tags_of(keys[i], wish.tags, wish.clearable);
    }
    table.want(judged[i].stored);
    table.want(judged[i].wanted);
  }
  if (!table.empty()) {
    if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
      give_up(lookups, at);
      co_return lookups;
    }
    co_await table.read(store, deadline);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!lookups[i].store_is_out()) {
      by_epochs(lookups[i], judged[i].stored, judged[i].wanted, table, wish.epochs);
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

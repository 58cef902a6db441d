#include "lookup.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"

namespace larder {
namespace {

bool contains(std::span<const Tag> tags, const Tag& tag) {
  return std::ranges::find(tags, tag) != tags.end();
}

bool contains_all(std::span<const Tag> tags, const TagEpochs& stored) {
  return std::ranges::all_of(stored, [&](const TagEpoch& one) { return contains(tags, one.tag); });
}

std::vector<Tag> united(std::span<const Tag> tags, const TagEpochs& stored) {
  std::vector<Tag> all(tags.begin(), tags.end());
  for (const TagEpoch& one : stored) {
    if (!contains(all, one.tag)) {
      all.push_back(one.tag);
    }
  }
  return all;
}

// Whether the entry was made under the epochs of now; none when it was.
MissCause compare(const TagEpochs& stored, std::span<const Tag> asked, const Batch<Epoch>& now) {
  for (const TagEpoch& one : stored) {
    const auto place = std::ranges::find(asked, one.tag) - asked.begin();
    const Result<Epoch>& epoch = now[static_cast<std::size_t>(place)];
    if (!epoch) {
      return MissCause::unavailable;
    }
    if (*epoch != one.epoch) {
      return MissCause::invalidated;
    }
  }
  return MissCause::none;
}

std::optional<TagEpochs> epochs_of(std::span<const Tag> tags, const Batch<Epoch>& now) {
  TagEpochs epochs;
  epochs.reserve(tags.size());
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (!now[i]) {
      return std::nullopt;
    }
    epochs.push_back(TagEpoch{.tag = tags[i], .epoch = *now[i]});
  }
  return epochs;
}

std::optional<Error> first_failure(const Batch<Epoch>& answers) {
  const auto failed = std::ranges::find_if(answers, [](const auto& one) { return !one; });
  return failed == answers.end() ? std::nullopt : std::optional(failed->error());
}

Lookup unavailable(Error error, SteadyTime at) {
  return Lookup{.cause = MissCause::unavailable, .failure = std::move(error), .at = at};
}

Lookup damaged_or_unavailable(Error error, SteadyTime at) {
  Lookup lookup = unavailable(std::move(error), at);
  if (lookup.failure->code() == Errc::corrupt) {
    lookup.cause = MissCause::unreadable;
  }
  return lookup;
}

bool can_read(const Readable& readable, const Found& found) {
  return !readable || found.entry->presence() == Presence::absence ||
         readable(value_of(found.entry));
}

// Fresh or stale by age, if it can be read; its tags are still to be compared.
Lookup by_age(std::optional<Found> found, const Readable& readable, SteadyTime at) {
  if (found && !can_read(readable, *found)) {
    return Lookup{.cause = MissCause::unreadable, .at = at};
  }
  Lookup lookup{.found = std::move(found), .at = at};
  if (lookup.found) {
    lookup.cause = lookup.found->is_fresh() ? MissCause::none : MissCause::expired;
  }
  return lookup;
}

}  // namespace

awaitable<Lookup> look_up(Store& store, Clock& clock, const Key& key, Wish wish,
                          Deadline deadline) {
  const std::span<const Tag> tags = wish.tags;
  auto answer = co_await store.get(key, deadline);
  if (!answer && answer.error().advice() != Advice::never) {
    co_return unavailable(std::move(answer).error(), clock.now());
  }
  // An entry that cannot be read is a miss whose successor may be stored.
  Lookup lookup = answer ? by_age(*std::move(answer), wish.readable, clock.now())
                         : damaged_or_unavailable(std::move(answer).error(), clock.now());
  const TagEpochs stored = lookup.found ? lookup.found->entry->epochs() : TagEpochs();
  if (tags.empty() && stored.empty()) {
    lookup.epochs.emplace();
    co_return lookup;
  }
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    co_return unavailable(cancelled_error(), clock.now());
  }

  // The tags asked for stand first, so their epochs are the first answers.
  const std::vector<Tag> more =
      contains_all(tags, stored) ? std::vector<Tag>() : united(tags, stored);
  const std::span<const Tag> asked = more.empty() ? tags : std::span<const Tag>(more);
  const Batch<Epoch> now = co_await store.epochs(asked, deadline);
  const MissCause outdated = compare(stored, asked, now);
  if (outdated == MissCause::none && lookup.cause == MissCause::none) {
    co_return lookup;
  }
  if (outdated != MissCause::none) {
    lookup.cause = outdated;
    lookup.found.reset();
  }
  lookup.epochs = epochs_of(tags, now);
  if (!lookup.failure) {
    lookup.failure = first_failure(now);
  }
  if (!lookup.epochs) {
    lookup.cause = MissCause::unavailable;
  }
  co_return lookup;
}

}  // namespace larder

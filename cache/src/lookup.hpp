// What the store has for a key, judged by age and by the epochs of its tags.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <larder/cache/policy.hpp>

#include "store.hpp"

namespace larder {

using TagEpochs = std::vector<TagEpoch>;

struct Lookup {
  // none: `found` is a hit. Otherwise `found`, where set, is stale and may be fallen back on.
  MissCause cause = MissCause::absent;
  std::optional<Found> found{};
  // With a miss: of the tags asked for; nullopt where the store did not tell them.
  std::optional<TagEpochs> epochs{};
  std::optional<Error> failure{};  // of the store, where it failed
  SteadyTime at{};                 // when the store had answered
};

// What a caller who may load is about to store, and can use. Read during the lookup.
struct Wish {
  // Of the value that a load would store: on a miss their epochs come with the answer, read
  // before any load.
  std::span<const Tag> tags{};
  const Readable& readable;
};

// Never an entry whose epochs are outdated or unknown, or that the caller cannot read.
[[nodiscard]] awaitable<Lookup> look_up(Store& store, Clock& clock, const Key& key, Wish wish,
                                        Deadline deadline);

}  // namespace larder

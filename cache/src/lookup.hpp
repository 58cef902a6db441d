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
  std::optional<Error> failure{};  // with MissCause::unavailable
  SteadyTime at{};                 // when the store had answered
};

// Never an entry whose epochs are outdated or unknown. `tags` are those a load would store
// its value under: on a miss their epochs come with the answer, read before any load.
[[nodiscard]] awaitable<Lookup> look_up(Store& store, Clock& clock, const Key& key,
                                        std::span<const Tag> tags, Deadline deadline);

}  // namespace larder

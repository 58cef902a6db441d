// What the store has for keys, judged by age and by the epochs of their tags.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <larder/cache/policy.hpp>

#include "open_work.hpp"
#include "store.hpp"

namespace larder {

using TagEpochs = std::vector<TagEpoch>;

struct Lookup {
  // none: `found` is a hit. Otherwise `found`, where set, is stale and may be fallen back on.
  MissCause cause = MissCause::absent;
  std::optional<Found> found{};
  // The entry that is no use although the store may call it fresh.
  std::optional<Version> refused{};
  // Of the tags that a load would store under, read before any load; nullopt where the store
  // did not tell them, or with a hit that nobody would renew.
  std::optional<TagEpochs> epochs{};
  std::optional<Error> failure{};  // of the store, where it failed
  SteadyTime at{};                 // when the store had answered

  // Nothing that the store is asked now is likely to be answered. (An entry that cannot be
  // read says nothing of the store.)
  [[nodiscard]] bool store_is_out() const noexcept {
    return failure && failure->advice() != Advice::never;
  }
};

// What a caller who may load is about to store, and can use. Read during the lookup.
struct Wish {
  // Of which keys the caller needs the epochs to store under. With `none` the tags are but
  // those that the entry is likely to have.
  enum class Epochs : std::uint8_t { none, of_misses, always };

  std::span<const Tag> tags{};
  bool clearable = false;
  const Readable& readable;
  Epochs epochs = Epochs::of_misses;
};

[[nodiscard]] bool can_read(const Readable& readable, const Found& found);

// The tags that a value of the key is stored under: with that of its namespace.
[[nodiscard]] std::vector<Tag> tags_of(const Key& key, std::span<const Tag> tags, bool clearable);

// A lookup for each key, from one call for the entries and one for all epochs; where the
// store is far, both at once, and a further one for tags that nobody expected and for entries
// that seem outdated. Never an entry whose epochs are outdated or unknown, or that the caller
// cannot read.
[[nodiscard]] awaitable<std::vector<Lookup>> look_up(Store& store, OpenWork& open, Clock& clock,
                                                     std::span<const Key> keys, Wish wish,
                                                     Deadline deadline);

// Whether each entry was made under the epochs of now: none when it was.
[[nodiscard]] awaitable<std::vector<MissCause>> judge(Store& store, std::span<const Found> entries,
                                                      Deadline deadline);

// The epochs of the tags as of now; the first failure where one is not told.
[[nodiscard]] awaitable<Result<TagEpochs>> read_epochs(Store& store, std::vector<Tag> tags,
                                                       Deadline deadline);

}  // namespace larder

// EpochTable: the epochs of many tags, asked for at once.
#pragma once

#include <span>
#include <vector>

#include "lookup.hpp"

namespace larder {

class EpochTable {
 public:
  void want(std::span<const Tag> tags);
  void want(const TagEpochs& stored);
  [[nodiscard]] bool empty() const noexcept { return tags_.empty(); }

  // Once, after all wants.
  [[nodiscard]] awaitable<void> read(Store& store, Deadline deadline);

  // Whether it was told the epochs of all these, and an entry was made under them.
  [[nodiscard]] bool confirms(const TagEpochs& stored) const;
  [[nodiscard]] bool tells(std::span<const Tag> tags) const;

  // ---- of tags that were wanted only ----

  // Whether an entry was made under the epochs of now; none when it was.
  [[nodiscard]] MissCause compare(const TagEpochs& stored) const;
  // The first failure where one of them was not told.
  [[nodiscard]] Result<TagEpochs> epochs_of(std::span<const Tag> tags) const;
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  [[nodiscard]] const Result<Epoch>& now(const Tag& tag) const;

  std::vector<Tag> tags_;  // sorted and unique once read
  Batch<Epoch> now_;
};

}  // namespace larder

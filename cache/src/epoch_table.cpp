#include "epoch_table.hpp"

#include <algorithm>

namespace larder {

void EpochTable::want(std::span<const Tag> tags) {
  tags_.insert(tags_.end(), tags.begin(), tags.end());
}

void EpochTable::want(const TagEpochs& stored) {
  for (const TagEpoch& one : stored) {
    tags_.push_back(one.tag);
  }
}

awaitable<void> EpochTable::read(Store& store, Deadline deadline) {
  std::ranges::sort(tags_);
  const auto repeated = std::ranges::unique(tags_);
  tags_.erase(repeated.begin(), repeated.end());
  now_ = co_await store.epochs(tags_, deadline);
}

bool EpochTable::confirms(const TagEpochs& stored) const {
  return std::ranges::all_of(stored, [this](const TagEpoch& one) {
    return std::ranges::binary_search(tags_, one.tag) && now(one.tag) == one.epoch;
  });
}

bool EpochTable::tells(std::span<const Tag> tags) const {
  return std::ranges::all_of(tags, [this](const Tag& tag) {
    return std::ranges::binary_search(tags_, tag) && now(tag).has_value();
  });
}

const Result<Epoch>& EpochTable::now(const Tag& tag) const {
  const auto place = std::ranges::lower_bound(tags_, tag) - tags_.begin();
  return now_[static_cast<std::size_t>(place)];
}

MissCause EpochTable::compare(const TagEpochs& stored) const {
  for (const TagEpoch& one : stored) {
    const Result<Epoch>& epoch = now(one.tag);
    if (!epoch) {
      return MissCause::unavailable;
    }
    if (*epoch != one.epoch) {
      return MissCause::invalidated;
    }
  }
  return MissCause::none;
}

Result<TagEpochs> EpochTable::epochs_of(std::span<const Tag> tags) const {
  TagEpochs epochs;
  epochs.reserve(tags.size());
  for (const Tag& tag : tags) {
    const Result<Epoch>& epoch = now(tag);
    if (!epoch) {
      return std::unexpected(epoch.error());
    }
    epochs.push_back(TagEpoch{.tag = tag, .epoch = *epoch});
  }
  return epochs;
}

std::optional<Error> EpochTable::failure() const {
  const auto failed = std::ranges::find_if(now_, [](const auto& one) { return !one; });
  return failed == now_.end() ? std::nullopt : std::optional(failed->error());
}

}  // namespace larder

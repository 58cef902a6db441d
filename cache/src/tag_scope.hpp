// TagScope: the tags that a loader adds while it runs.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "flights.hpp"

namespace larder {

// Any thread.
class TagScope final : public TagReader {
 public:
  // The references outlive the loader.
  TagScope(Store& store, Flights& flights, Clock& clock, std::span<const FlightPtr> loading,
           milliseconds store_deadline);

  [[nodiscard]] awaitable<Result<void>> read(std::vector<Tag> tags) override;

  // What the loader added, in front of which the flight's own epochs stand; nullopt where
  // one was not told, so that the value may not be stored.
  [[nodiscard]] std::optional<TagEpochs> with(const std::optional<TagEpochs>& own) const;

 private:
  // Also makes later callers look for themselves after an invalidation of them.
  [[nodiscard]] Result<void> announce(const std::vector<Tag>& tags);
  void add(const Result<TagEpochs>& epochs);

  Store& store_;
  Flights& flights_;
  Clock& clock_;
  const std::vector<FlightPtr> loading_;
  const milliseconds store_deadline_;
  mutable std::mutex mutex_;
  std::optional<TagEpochs> added_ = TagEpochs();
  std::size_t tags_ = 0;  // at most, of one entry
};

}  // namespace larder

// NoneCacheBackend: accepts everything and keeps nothing. README.md tells what for.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <larder/backend.hpp>
#include <larder/registry.hpp>

namespace larder {

// Thread-safe; no call waits. The clock outlives the backend.
class NoneCacheBackend final : public CacheBackend {
 public:
  explicit NoneCacheBackend(Clock& clock) noexcept : clock_(clock) {}

  std::string_view name() const noexcept override;
  const Capabilities& capabilities() const noexcept override;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override;
  BackendStats stats() const override;
  awaitable<Result<void>> ping(Deadline deadline) override;
  awaitable<void> close() override;

 private:
  // Why the call as a whole cannot be done, if so: the rules that all verbs share.
  std::optional<Error> refusal(std::size_t items, Deadline deadline);
  Result<PutOutcome> accept(const PutItem& item);

  Clock& clock_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> misses_{0};
  std::atomic<std::uint64_t> writes_{0};
  std::atomic<std::uint64_t> errors_{0};
};

// Registers it as "none".
void register_none(BackendRegistry& registry);

}  // namespace larder

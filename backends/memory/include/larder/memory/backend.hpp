// MemoryCacheBackend: a bounded store inside the process. README.md tells how it works.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <larder/backend.hpp>
#include <larder/local_store.hpp>
#include <larder/registry.hpp>

namespace larder {

struct MemoryOptions {
  // Everything it holds: keys, values, bookkeeping. 2 MiB or more, so that a value of 1 MiB
  // fits beside the rest.
  std::size_t bytes_max = std::size_t{256} << 20;
};

// Thread-safe; no call waits for I/O. As a LocalStore it keeps a near tier's copies; such a
// store is the near tier's own, and its other verbs see the copies under versions of theirs.
class MemoryCacheBackend final : public CacheBackend, public LocalStore {
 public:
  // invalid_argument for a bound below 2 MiB. The clock outlives the backend.
  [[nodiscard]] static Result<std::unique_ptr<MemoryCacheBackend>> make(Clock& clock,
                                                                        MemoryOptions options);
  ~MemoryCacheBackend() override;

  // Synchronous get of one key, for near tiers and hot paths; same answer as get(), and a
  // miss after close().
  [[nodiscard]] std::optional<Found> find(const Key& key) override;
  void insert(const Found& found, SteadyTime until) override;
  void drop(const Key& key) override;
  void drop_all() override;

  std::string_view name() const noexcept override;
  const Capabilities& capabilities() const noexcept override;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                               Deadline deadline) override;
  awaitable<Batch<bool>> release(std::span<const LeaseHold> leases, Deadline deadline) override;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Result<EventPosition>> append(const Key& log, Bytes payload, LogBounds bounds,
                                          Deadline deadline) override;
  awaitable<Result<EventPage>> read_after(const Key& log, EventPosition position, std::size_t count,
                                          Deadline deadline) override;
  awaitable<Result<void>> publish(const Key& channel, Bytes payload, Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Subscription>>> subscribe(std::span<const Key> channels,
                                                             Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override;
  awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline) override;
  BackendStats stats() const override;
  awaitable<Result<void>> ping(Deadline deadline) override;
  awaitable<void> close() override;

 private:
  class Impl;
  explicit MemoryCacheBackend(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// Registers it as "memory".
void register_memory(BackendRegistry& registry, MemoryOptions options);

}  // namespace larder

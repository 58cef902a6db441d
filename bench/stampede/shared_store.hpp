// SharedStore: a store in this process that says it is shared, so that several caches over it
// behave as nodes do.
#pragma once

#include <larder/memory/backend.hpp>

namespace larder::bench {

class SharedStore final : public CacheBackend {
 public:
  // The store outlives it, and is closed by its owner.
  explicit SharedStore(MemoryCacheBackend& store)
      : store_(store), capabilities_(store.capabilities()) {
    capabilities_.shared = true;
  }

  std::string_view name() const noexcept override { return "shared"; }
  const Capabilities& capabilities() const noexcept override { return capabilities_; }
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    return store_.get(keys, deadline);
  }
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    return store_.put(items, deadline);
  }
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override {
    return store_.erase(keys, deadline);
  }
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override {
    return store_.touch(items, deadline);
  }
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    return store_.read_or_lease(requests, deadline);
  }
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override {
    return store_.fill(fills, deadline);
  }
  awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                               Deadline deadline) override {
    return store_.renew(leases, hold, deadline);
  }
  awaitable<Batch<bool>> release(std::span<const LeaseHold> leases, Deadline deadline) override {
    return store_.release(leases, deadline);
  }
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    return store_.epochs(tags, deadline);
  }
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    return store_.bump(tags, deadline);
  }
  BackendStats stats() const override { return store_.stats(); }
  awaitable<Result<void>> ping(Deadline deadline) override { return store_.ping(deadline); }
  awaitable<void> close() override { co_return; }

 private:
  MemoryCacheBackend& store_;
  Capabilities capabilities_;
};

}  // namespace larder::bench

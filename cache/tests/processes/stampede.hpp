// Stampede: many callers of one cold key at once, and what became of them. For programs of
// which several run at once, as tests and benchmarks start them.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <larder/cache/cache.hpp>
#include <larder/cache/layer.hpp>

namespace larder {

// Counts the calls of a store, each of which a store elsewhere answers in one round trip. Says
// that it can do what it is told to: several caches over one that says it is shared behave as
// nodes do, wherever it is.
class CountedStore final : public Layer {
 public:
  CountedStore(CacheBackend& inner, const Capabilities& capabilities)
      : Layer(inner), capabilities_(capabilities) {}

  [[nodiscard]] std::size_t calls() const noexcept { return calls_; }
  const Capabilities& capabilities() const noexcept override { return capabilities_; }
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                               Deadline deadline) override;
  awaitable<Batch<bool>> release(std::span<const LeaseHold> leases, Deadline deadline) override;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;

 private:
  Capabilities capabilities_;
  std::atomic<std::size_t> calls_{0};
};

class Stampede {
 public:
  // What a load does before it brings `value`, a word; false = it fails.
  using Work = std::function<awaitable<bool>()>;

  // Callers are numbered from 0.
  Stampede(std::size_t callers, std::string value, Work work);

  [[nodiscard]] int loads() const noexcept { return loads_; }
  // One caller. Any thread, each number once.
  [[nodiscard]] awaitable<void> call(Cache& cache, std::size_t caller);
  // Writes two lines, when all calls have ended:
  //   done LOADS WRONG CALLS VALUE    WRONG callers got another value than the first did, or none
  //   waits MS...                     of each caller
  void report(const CountedStore& store) const;

 private:
  [[nodiscard]] awaitable<Result<Loaded>> load();

  std::string value_;
  Work work_;
  std::atomic<int> loads_{0};
  std::vector<std::string> got_;
  std::vector<double> waits_;  // in milliseconds
};

}  // namespace larder

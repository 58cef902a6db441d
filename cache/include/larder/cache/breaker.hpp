// BreakerBackend: keeps callers from waiting for a store that is down.
//
//   closed    every call goes to the store
//   open      every call is answered at once: unavailable, "try later", and until when
//   half open one call, the probe, goes to the store and decides; the others are refused
//
// Reads and writes break apart: a store that takes no writes may still answer reads. It
// heals without a restart, and needs no traffic but the next call: after the pause that
// call is the probe. Pauses grow with each failed probe, with full jitter.
//
// What counts as failure: Errc::unavailable, timeout (a slow store is a failing one) and
// protocol_error. Any other answer shows that the store is there, storage_full included;
// what was refused before the store was asked, or cancelled, shows nothing.
#pragma once

#include <memory>

#include <larder/cache/breaker_options.hpp>
#include <larder/cache/layer.hpp>
#include <larder/cache/stats.hpp>
#include <larder/log.hpp>

namespace larder {

// Any thread. While closed a call costs no lock and no allocation beyond its coroutine.
class BreakerBackend final : public Layer {
 public:
  // invalid_argument for an option out of its range. All references outlive it.
  [[nodiscard]] static Result<std::unique_ptr<BreakerBackend>> make(CacheBackend& inner,
                                                                    Clock& clock, LogSink& log,
                                                                    BreakerOptions options = {});
  ~BreakerBackend() override;

  [[nodiscard]] BreakerStats breaker_stats() const;

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
  BreakerBackend(CacheBackend& inner, std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// Whether a breaker stands somewhere in this stack of layers already: two would refuse what
// the lower one was about to probe.
[[nodiscard]] bool has_breaker(const CacheBackend& backend) noexcept;

}  // namespace larder

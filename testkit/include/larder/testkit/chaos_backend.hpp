// ChaosBackend: a store that misbehaves on purpose, in front of any other.
//
//   ChaosBackend store(std::move(inner), clock, {.error_rate = 0.1, .lost_reply_rate = 0.05});
//   SCOPED_TRACE(store.seed());   // ChaosOptions::seed repeats what it did
//
// What it does to a call depends on the seed and on how many calls came before, so a program
// on one thread meets the same faults again. With all rates at zero it changes nothing, and
// passes the conformance suite as the store behind it does.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <larder/backend.hpp>

namespace larder::testkit {

// An error that a call ends in before it has reached the store.
struct ChaosError {
  Errc code = Errc::unavailable;
  Advice advice = Advice::later;
};

// Rates are parts of all calls, 0 to 1, drawn apart from one another.
struct ChaosOptions {
  std::uint64_t seed = 0;  // 0 = drawn at random

  double error_rate = 0;  // ends in one of `errors`; the store never sees the call
  std::vector<ChaosError> errors{
      {Errc::unavailable, Advice::later},  {Errc::unavailable, Advice::unknown_outcome},
      {Errc::timeout, Advice::later},      {Errc::timeout, Advice::unknown_outcome},
      {Errc::overloaded, Advice::later},   {Errc::storage_full, Advice::later},
      {Errc::corrupt, Advice::never},      {Errc::protocol_error, Advice::never},
      {Errc::access_denied, Advice::never}};
  double lost_reply_rate = 0;  // is done, and ends in unavailable with unknown_outcome
  double hang_rate = 0;        // does nothing until its deadline; then timeout
  double delay_rate = 0;       // is late by delay_min to delay_max on the clock
  milliseconds delay_min{1};
  milliseconds delay_max{50};
  double lost_notice_rate = 0;  // of notices and changes: told as lost instead
};

// Thread-safe. Closing it closes the store behind it.
class ChaosBackend final : public CacheBackend {
 public:
  // The clock outlives it.
  ChaosBackend(std::unique_ptr<CacheBackend> inner, Clock& clock, ChaosOptions options);
  ~ChaosBackend() override;

  [[nodiscard]] std::uint64_t seed() const noexcept;
  // From the next call on; the seed and the count of calls stay.
  void set_options(ChaosOptions options);
  // While there is an outage each call is unavailable at once.
  void start_outage();
  void end_outage();

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
  std::shared_ptr<Impl> impl_;
};

}  // namespace larder::testkit

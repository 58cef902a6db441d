// RemoteBackend: a store in another process, for tests.
//
// StoreServer serves any CacheBackend on a loopback port, StoreProcess runs one in a process
// that can be killed and frozen, and RemoteBackend is the client. Together they are the
// smallest honest shared store: several processes, one data set, and every way a server
// has to fail. Test equipment: no authentication, one thread a client, a format that may
// change with every version.
#pragma once

#include <cstdint>
#include <memory>

#include <larder/backend.hpp>

namespace larder::testkit {

// Thread-safe. Requests of all callers share one connection, which comes back by itself.
// What was written to it is never sent again: a write that was lost with the connection is
// unavailable with Advice::unknown_outcome. While there is no connection, calls are
// unavailable at once.
class RemoteBackend final : public CacheBackend {
 public:
  static constexpr std::size_t kInFlightMax = 10'000;                    // more is overloaded
  static constexpr std::size_t kFrameBytesMax = std::size_t{64} << 20;   // more is too_large
  static constexpr std::size_t kUnsentBytesMax = std::size_t{64} << 20;  // more is overloaded
  static constexpr std::size_t kNoticesMax = 1000;  // a subscriber's; more is told as lost

  // Connects to 127.0.0.1:port and asks what the store there can do. The clock outlives the
  // backend and counts deadlines; lives, holds and quotas are the server's.
  [[nodiscard]] static awaitable<Result<std::unique_ptr<RemoteBackend>>> open(Clock& clock,
                                                                              std::uint16_t port,
                                                                              Deadline deadline);
  ~RemoteBackend() override;

  std::string_view name() const noexcept override { return "remote"; }
  // The server's, and shared.
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
  // Of this client; it knows no gauges.
  BackendStats stats() const override;
  awaitable<Result<void>> ping(Deadline deadline) override;
  awaitable<void> close() override;

 private:
  class Impl;
  explicit RemoteBackend(std::shared_ptr<Impl> impl) noexcept;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larder::testkit

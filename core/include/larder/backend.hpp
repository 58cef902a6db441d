// CacheBackend: the port that every store implements. Nothing above it knows which store
// it is.
//
// Rules for all verbs, the same on every store and checked by testkit's conformance suite:
//
// * Batches keep order, allow duplicates, and answer each item on its own. More items than
//   Capabilities::batch_max is invalid_argument for all; an empty batch answers empty.
// * A miss is a value. Nothing throws. Nothing blocks the calling thread on I/O.
// * Each call ends by its deadline with Errc::timeout; a deadline already past ends at once
//   and does nothing. A write that may have reached the store says Advice::unknown_outcome.
// * Cancelling the calling coroutine ends the call with Errc::cancelled and leaks nothing.
// * Views and spans are read until the awaitable completes: await it in the same full
//   expression, or keep them alive.
// * Verbs may be called from any thread, also at once; each resumes on the executor of its
//   own coroutine.
// * After close() every verb answers Errc::closed.
//
// Optional groups answer Errc::unsupported unless overridden, as Capabilities declares.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <larder/capabilities.hpp>
#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/verbs.hpp>

namespace larder {

// A stream of notices from subscribe(). One coroutine at a time awaits next(). Destroying
// it unsubscribes. It buffers a bounded number of notices; overflow is told as MessagesLost.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Errc::timeout when nothing came by the deadline (nothing is lost by it), closed after
  // the backend closed.
  [[nodiscard]] virtual awaitable<Result<Notice>> next(Deadline deadline) = 0;
};

// A stream of changes from watch(), under the same rules.
class Watch {
 public:
  virtual ~Watch() = default;
  [[nodiscard]] virtual awaitable<Result<Change>> next(Deadline deadline) = 0;
};

class CacheBackend {
 public:
  // close() must have completed.
  virtual ~CacheBackend() = default;

  // The name it is registered under: "memory", "redis", ...
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual const Capabilities& capabilities() const noexcept = 0;

  // ---- values: one round trip per call (per node, in a cluster) ----

  // What is stored and still has life, fresh or stale; nullopt is a miss.
  [[nodiscard]] virtual awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                                                   Deadline deadline) = 0;
  // Writes whole entries. The condition is checked and the write done in one atomic step.
  // A successful put voids a lease on its key. A value over value_bytes_max is too_large.
  [[nodiscard]] virtual awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items,
                                                         Deadline deadline) = 0;
  // Gone afterwards; true where there was an entry. Voids a lease on its key in any case.
  [[nodiscard]] virtual awaitable<Batch<bool>> erase(std::span<const Key> keys,
                                                     Deadline deadline) = 0;
  // Sets the remaining fresh life; false where there is no entry. The version stays.
  [[nodiscard]] virtual awaitable<Batch<bool>> touch(std::span<const TouchItem> items,
                                                     Deadline deadline) = 0;

  // ---- leases ----

  // Reads, and where nothing acceptable is there, takes the right to load it, in one
  // atomic step. Of many callers at once one is granted; the others are busy.
  [[nodiscard]] virtual awaitable<Batch<LeaseAnswer>> read_or_lease(
      std::span<const LeaseRequest> requests, Deadline deadline);
  // Writes and ends the lease in one atomic step, unless the lease is void.
  [[nodiscard]] virtual awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills,
                                                           Deadline deadline);
  // The lease counts `hold` from now; false where it is void.
  [[nodiscard]] virtual awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases,
                                                     milliseconds hold, Deadline deadline);
  // Ends the lease without writing, so the next asker is granted; false where it was void.
  [[nodiscard]] virtual awaitable<Batch<bool>> release(std::span<const LeaseHold> leases,
                                                       Deadline deadline);

  // ---- counters ----

  // Adds and answers the new value, atomically, also on a missing counter (which starts at
  // 0). A sum that does not fit is out_of_range and changes nothing.
  [[nodiscard]] virtual awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                                           Deadline deadline);

  // ---- quotas ----

  // Decides and takes in one atomic step on the store's clock. A denial takes nothing.
  // Never repeated by the store after a timeout, since it may have been taken.
  [[nodiscard]] virtual awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                                           Deadline deadline);

  // ---- epochs ----

  // The epoch of each tag; a missing one is created at random, once for all askers.
  [[nodiscard]] virtual awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags,
                                                       Deadline deadline);
  // Draws a new epoch for each tag and answers it.
  [[nodiscard]] virtual awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline);

  // ---- events ----

  // Adds to the end of a bounded log, creating it, and answers the event's position.
  [[nodiscard]] virtual awaitable<Result<EventPosition>> append(const Key& log, Bytes payload,
                                                                LogBounds bounds,
                                                                Deadline deadline);
  // Up to `count` (1 to 1,000) events after a position, oldest first.
  [[nodiscard]] virtual awaitable<Result<EventPage>> read_after(const Key& log,
                                                                EventPosition position,
                                                                std::size_t count,
                                                                Deadline deadline);
  // Sends to whoever is subscribed now; no one is no error.
  [[nodiscard]] virtual awaitable<Result<void>> publish(const Key& channel, Bytes payload,
                                                        Deadline deadline);
  // Messages published after it completes arrive in order for each publisher and channel.
  [[nodiscard]] virtual awaitable<Result<std::unique_ptr<Subscription>>> subscribe(
      std::span<const Key> channels, Deadline deadline);
  // Reports changes to keys that this backend answers through get() or read_or_lease()
  // from now on, whoever makes them. What keeps a near tier coherent.
  [[nodiscard]] virtual awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline);

  // ---- care ----

  // For tools. Keys of values only; may miss or repeat keys that change meanwhile.
  [[nodiscard]] virtual awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline);
  [[nodiscard]] virtual BackendStats stats() const = 0;
  // One round trip: is the store there and willing?
  [[nodiscard]] virtual awaitable<Result<void>> ping(Deadline deadline) = 0;
  // Ends waiting calls with Errc::closed and joins all background work. Idempotent.
  [[nodiscard]] virtual awaitable<void> close() = 0;
};

}  // namespace larder

#include <larder/cache/layer.hpp>

#include <utility>

namespace larder {

// None of these is a coroutine: passing a verb on costs no frame.

awaitable<Batch<std::optional<Found>>> Layer::get(std::span<const Key> keys, Deadline deadline) {
  return inner_.get(keys, deadline);
}

awaitable<Batch<PutOutcome>> Layer::put(std::span<const PutItem> items, Deadline deadline) {
  return inner_.put(items, deadline);
}

awaitable<Batch<bool>> Layer::erase(std::span<const Key> keys, Deadline deadline) {
  return inner_.erase(keys, deadline);
}

awaitable<Batch<bool>> Layer::touch(std::span<const TouchItem> items, Deadline deadline) {
  return inner_.touch(items, deadline);
}

awaitable<Batch<LeaseAnswer>> Layer::read_or_lease(std::span<const LeaseRequest> requests,
                                                   Deadline deadline) {
  return inner_.read_or_lease(requests, deadline);
}

awaitable<Batch<FillOutcome>> Layer::fill(std::span<const Fill> fills, Deadline deadline) {
  return inner_.fill(fills, deadline);
}

awaitable<Batch<bool>> Layer::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                    Deadline deadline) {
  return inner_.renew(leases, hold, deadline);
}

awaitable<Batch<bool>> Layer::release(std::span<const LeaseHold> leases, Deadline deadline) {
  return inner_.release(leases, deadline);
}

awaitable<Batch<std::int64_t>> Layer::add(std::span<const Addition> additions, Deadline deadline) {
  return inner_.add(additions, deadline);
}

awaitable<Batch<QuotaAnswer>> Layer::take(std::span<const QuotaRequest> requests,
                                          Deadline deadline) {
  return inner_.take(requests, deadline);
}

awaitable<Batch<Epoch>> Layer::epochs(std::span<const Tag> tags, Deadline deadline) {
  return inner_.epochs(tags, deadline);
}

awaitable<Batch<Epoch>> Layer::bump(std::span<const Tag> tags, Deadline deadline) {
  return inner_.bump(tags, deadline);
}

awaitable<Result<EventPosition>> Layer::append(const Key& log, Bytes payload, LogBounds bounds,
                                               Deadline deadline) {
  return inner_.append(log, std::move(payload), bounds, deadline);
}

awaitable<Result<EventPage>> Layer::read_after(const Key& log, EventPosition position,
                                               std::size_t count, Deadline deadline) {
  return inner_.read_after(log, position, count, deadline);
}

awaitable<Result<void>> Layer::publish(const Key& channel, Bytes payload, Deadline deadline) {
  return inner_.publish(channel, std::move(payload), deadline);
}

awaitable<Result<std::unique_ptr<Subscription>>> Layer::subscribe(std::span<const Key> channels,
                                                                  Deadline deadline) {
  return inner_.subscribe(channels, deadline);
}

awaitable<Result<std::unique_ptr<Watch>>> Layer::watch(Deadline deadline) {
  return inner_.watch(deadline);
}

awaitable<Result<ScanPage>> Layer::scan(ScanRequest request, Deadline deadline) {
  return inner_.scan(std::move(request), deadline);
}

awaitable<Result<void>> Layer::ping(Deadline deadline) { return inner_.ping(deadline); }

awaitable<void> Layer::close() { return inner_.close(); }

}  // namespace larder

#include <larder/testkit/chaos_backend.hpp>

#include <functional>
#include <utility>

#include "chaos/impl.hpp"

namespace larder::testkit {
namespace {

// Passes on what a stream tells, now and then only that something was lost.
template <typename Base, typename Told, typename Lost>
class LossyStream final : public Base {
 public:
  LossyStream(std::function<Fate()> draw, std::unique_ptr<Base> inner)
      : draw_(std::move(draw)), inner_(std::move(inner)) {}

  awaitable<Result<Told>> next(Deadline deadline) override {
    auto told = co_await inner_->next(deadline);
    if (told && draw_().notice_is_lost) {
      told = Lost();
    }
    co_return told;
  }

 private:
  std::function<Fate()> draw_;
  std::unique_ptr<Base> inner_;
};

}  // namespace

ChaosBackend::ChaosBackend(std::unique_ptr<CacheBackend> inner, Clock& clock, ChaosOptions options)
    : impl_(std::make_shared<Impl>(std::move(inner), clock, std::move(options))) {}
ChaosBackend::~ChaosBackend() = default;

std::uint64_t ChaosBackend::seed() const noexcept { return impl_->seed(); }
void ChaosBackend::set_options(ChaosOptions options) { impl_->set_options(std::move(options)); }
void ChaosBackend::start_outage() { impl_->set_outage(true); }
void ChaosBackend::end_outage() { impl_->set_outage(false); }

std::string_view ChaosBackend::name() const noexcept { return impl_->store().name(); }
const Capabilities& ChaosBackend::capabilities() const noexcept {
  return impl_->store().capabilities();
}
BackendStats ChaosBackend::stats() const { return impl_->store().stats(); }

awaitable<Batch<std::optional<Found>>> ChaosBackend::get(std::span<const Key> keys,
                                                         Deadline deadline) {
  return impl_->batch(keys.size(), deadline, impl_->store().get(keys, deadline));
}

awaitable<Batch<PutOutcome>> ChaosBackend::put(std::span<const PutItem> items, Deadline deadline) {
  return impl_->batch(items.size(), deadline, impl_->store().put(items, deadline));
}

awaitable<Batch<bool>> ChaosBackend::erase(std::span<const Key> keys, Deadline deadline) {
  return impl_->batch(keys.size(), deadline, impl_->store().erase(keys, deadline));
}

awaitable<Batch<bool>> ChaosBackend::touch(std::span<const TouchItem> items, Deadline deadline) {
  return impl_->batch(items.size(), deadline, impl_->store().touch(items, deadline));
}

awaitable<Batch<LeaseAnswer>> ChaosBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                          Deadline deadline) {
  return impl_->batch(requests.size(), deadline, impl_->store().read_or_lease(requests, deadline));
}

awaitable<Batch<FillOutcome>> ChaosBackend::fill(std::span<const Fill> fills, Deadline deadline) {
  return impl_->batch(fills.size(), deadline, impl_->store().fill(fills, deadline));
}

awaitable<Batch<bool>> ChaosBackend::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                           Deadline deadline) {
  return impl_->batch(leases.size(), deadline, impl_->store().renew(leases, hold, deadline));
}

awaitable<Batch<bool>> ChaosBackend::release(std::span<const LeaseHold> leases, Deadline deadline) {
  return impl_->batch(leases.size(), deadline, impl_->store().release(leases, deadline));
}

awaitable<Batch<std::int64_t>> ChaosBackend::add(std::span<const Addition> additions,
                                                 Deadline deadline) {
  return impl_->batch(additions.size(), deadline, impl_->store().add(additions, deadline));
}

awaitable<Batch<QuotaAnswer>> ChaosBackend::take(std::span<const QuotaRequest> requests,
                                                 Deadline deadline) {
  return impl_->batch(requests.size(), deadline, impl_->store().take(requests, deadline));
}

awaitable<Batch<Epoch>> ChaosBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  return impl_->batch(tags.size(), deadline, impl_->store().epochs(tags, deadline));
}

awaitable<Batch<Epoch>> ChaosBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  return impl_->batch(tags.size(), deadline, impl_->store().bump(tags, deadline));
}

awaitable<Result<EventPosition>> ChaosBackend::append(const Key& log, Bytes payload,
                                                      LogBounds bounds, Deadline deadline) {
  return impl_->one(deadline, impl_->store().append(log, std::move(payload), bounds, deadline));
}

awaitable<Result<EventPage>> ChaosBackend::read_after(const Key& log, EventPosition position,
                                                      std::size_t count, Deadline deadline) {
  return impl_->one(deadline, impl_->store().read_after(log, position, count, deadline));
}

awaitable<Result<void>> ChaosBackend::publish(const Key& channel, Bytes payload,
                                              Deadline deadline) {
  return impl_->one(deadline, impl_->store().publish(channel, std::move(payload), deadline));
}

awaitable<Result<std::unique_ptr<Subscription>>> ChaosBackend::subscribe(
    std::span<const Key> channels, Deadline deadline) {
  auto stream = co_await impl_->one(deadline, impl_->store().subscribe(channels, deadline));
  if (stream) {
    const auto draw = [impl = impl_] { return impl->draw(); };
    stream =
        std::make_unique<LossyStream<Subscription, Notice, MessagesLost>>(draw, std::move(*stream));
  }
  co_return stream;
}

awaitable<Result<std::unique_ptr<Watch>>> ChaosBackend::watch(Deadline deadline) {
  auto stream = co_await impl_->one(deadline, impl_->store().watch(deadline));
  if (stream) {
    const auto draw = [impl = impl_] { return impl->draw(); };
    stream = std::make_unique<LossyStream<Watch, Change, WatchLost>>(draw, std::move(*stream));
  }
  co_return stream;
}

awaitable<Result<ScanPage>> ChaosBackend::scan(ScanRequest request, Deadline deadline) {
  return impl_->one(deadline, impl_->store().scan(std::move(request), deadline));
}

awaitable<Result<void>> ChaosBackend::ping(Deadline deadline) {
  return impl_->one(deadline, impl_->store().ping(deadline));
}

awaitable<void> ChaosBackend::close() { return impl_->close(); }

}  // namespace larder::testkit

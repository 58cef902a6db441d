#include <larder/backend.hpp>

#include <string>

namespace larder {
namespace {

Error unsupported(const CacheBackend& backend, std::string_view verb) {
  return Error(Errc::unsupported,
               std::string(backend.name()).append(" store: no verb ").append(verb));
}

}  // namespace

awaitable<Batch<LeaseAnswer>> CacheBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                          Deadline) {
  co_return fail_all<LeaseAnswer>(requests.size(), unsupported(*this, "read_or_lease"));
}

awaitable<Batch<FillOutcome>> CacheBackend::fill(std::span<const Fill> fills, Deadline) {
  co_return fail_all<FillOutcome>(fills.size(), unsupported(*this, "fill"));
}

awaitable<Batch<bool>> CacheBackend::renew(std::span<const LeaseHold> leases, milliseconds,
                                           Deadline) {
  co_return fail_all<bool>(leases.size(), unsupported(*this, "renew"));
}

awaitable<Batch<bool>> CacheBackend::release(std::span<const LeaseHold> leases, Deadline) {
  co_return fail_all<bool>(leases.size(), unsupported(*this, "release"));
}

awaitable<Batch<std::int64_t>> CacheBackend::add(std::span<const Addition> additions, Deadline) {
  co_return fail_all<std::int64_t>(additions.size(), unsupported(*this, "add"));
}

awaitable<Batch<QuotaAnswer>> CacheBackend::take(std::span<const QuotaRequest> requests, Deadline) {
  co_return fail_all<QuotaAnswer>(requests.size(), unsupported(*this, "take"));
}

awaitable<Batch<Epoch>> CacheBackend::epochs(std::span<const Tag> tags, Deadline) {
  co_return fail_all<Epoch>(tags.size(), unsupported(*this, "epochs"));
}

awaitable<Batch<Epoch>> CacheBackend::bump(std::span<const Tag> tags, Deadline) {
  co_return fail_all<Epoch>(tags.size(), unsupported(*this, "bump"));
}

awaitable<Result<EventPosition>> CacheBackend::append(const Key&, Bytes, LogBounds, Deadline) {
  co_return std::unexpected(unsupported(*this, "append"));
}

awaitable<Result<EventPage>> CacheBackend::read_after(const Key&, EventPosition, std::size_t,
                                                      Deadline) {
  co_return std::unexpected(unsupported(*this, "read_after"));
}

awaitable<Result<void>> CacheBackend::publish(const Key&, Bytes, Deadline) {
  co_return std::unexpected(unsupported(*this, "publish"));
}

awaitable<Result<std::unique_ptr<Subscription>>> CacheBackend::subscribe(std::span<const Key>,
                                                                         Deadline) {
  co_return std::unexpected(unsupported(*this, "subscribe"));
}

awaitable<Result<std::unique_ptr<Watch>>> CacheBackend::watch(Deadline) {
  co_return std::unexpected(unsupported(*this, "watch"));
}

awaitable<Result<ScanPage>> CacheBackend::scan(ScanRequest, Deadline) {
  co_return std::unexpected(unsupported(*this, "scan"));
}

}  // namespace larder

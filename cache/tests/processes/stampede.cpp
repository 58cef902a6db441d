#include "stampede.hpp"

#include <chrono>
#include <iostream>
#include <utility>

namespace larder {

// ---- CountedStore ---------------------------------------------------------------------

awaitable<Batch<std::optional<Found>>> CountedStore::get(std::span<const Key> keys,
                                                         Deadline deadline) {
  ++calls_;
  return Layer::get(keys, deadline);
}

awaitable<Batch<LeaseAnswer>> CountedStore::read_or_lease(std::span<const LeaseRequest> requests,
                                                          Deadline deadline) {
  ++calls_;
  return Layer::read_or_lease(requests, deadline);
}

awaitable<Batch<FillOutcome>> CountedStore::fill(std::span<const Fill> fills, Deadline deadline) {
  ++calls_;
  return Layer::fill(fills, deadline);
}

awaitable<Batch<bool>> CountedStore::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                           Deadline deadline) {
  ++calls_;
  return Layer::renew(leases, hold, deadline);
}

awaitable<Batch<bool>> CountedStore::release(std::span<const LeaseHold> leases, Deadline deadline) {
  ++calls_;
  return Layer::release(leases, deadline);
}

awaitable<Batch<Epoch>> CountedStore::epochs(std::span<const Tag> tags, Deadline deadline) {
  ++calls_;
  return Layer::epochs(tags, deadline);
}

// ---- Stampede -------------------------------------------------------------------------

Stampede::Stampede(std::size_t callers, std::string value, Work work)
    : value_(std::move(value)), work_(std::move(work)), got_(callers), waits_(callers) {}

awaitable<Result<Loaded>> Stampede::load() {
  ++loads_;
  if (!co_await work_()) {
    co_return fail(Errc::load_failed, "nobody ended the load");
  }
  co_return Loaded{.value = Bytes::copy_of(value_)};
}

awaitable<void> Stampede::call(Cache& cache, std::size_t caller) {
  const Key key = Key::literal("weather", "paris");
  // Patient: how long the callers of a busy machine wait is to be seen, not to be an error.
  const Policy policy{.load_deadline = std::chrono::minutes(1),
                      .store_deadline = std::chrono::minutes(1)};
  const SteadyTime begin = system_clock().now();
  const auto answer =
      co_await cache.get_or_load(key, policy, [this](const LoadContext&) { return load(); });
  const std::chrono::duration<double, std::milli> waited = system_clock().now() - begin;
  waits_[caller] = waited.count();
  if (answer && answer->value) {
    got_[caller] = answer->value->view();
  }
}

void Stampede::report(const CountedStore& store) const {
  std::size_t wrong = 0;
  for (const std::string& value : got_) {
    wrong += value.empty() || value != got_.front() ? 1 : 0;
  }
  std::cout << "done " << loads_ << ' ' << wrong << ' ' << store.calls() << ' ' << got_.front()
            << "\nwaits";
  for (const double wait : waits_) {
    std::cout << ' ' << wait;
  }
  std::cout << std::endl;
}

}  // namespace larder

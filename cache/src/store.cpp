#include "store.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <larder/cache/near_tier.hpp>

#include "endings.hpp"

namespace larder {
namespace {

// Says something of the store, not of one key or of the caller.
bool is_outage(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::overloaded:
    case Errc::storage_full:
    case Errc::access_denied:
    case Errc::protocol_error:
    case Errc::closed:
      return true;
    default:
      return false;
  }
}

}  // namespace

Store::Store(CacheBackend& backend, LogSink& log, Counters& counters) noexcept
    : backend_(backend),
      has_near_tier_(has_layer<NearTierBackend>(backend)),
      log_(log),
      counters_(counters) {}

void Store::note(Health& health, const Error* error) noexcept {
  if (error == nullptr) {
    // Read first: an exchange for every answer would share a cache line among all threads.
    if (health.down.load(std::memory_order_relaxed) && health.down.exchange(false)) {
      log_.info("cache", "the store answers again",
                {{"store", backend_.name()}, {"direction", health.direction}});
    }
    return;
  }
  if (error->code() == Errc::cancelled) {
    return;
  }
  counters_.store_errors.add();
  if (is_outage(error->code()) && !health.down.exchange(true)) {
    counters_.store_outages.add();
    log_.warning("cache", "the store fails; going on without it",
                 {{"store", backend_.name()},
                  {"direction", health.direction},
                  {"cause", to_string(error->code())},
                  {"error", error->context()}});
  }
}

template <typename T, typename Item, typename Ask>
awaitable<Batch<T>> Store::in_batches(Health& health, std::span<const Item> items, Ask ask) {
  const std::size_t batch_max = std::max<std::size_t>(capabilities().batch_max, 1);
  Batch<T> answers;
  while (!items.empty()) {
    const auto batch = items.first(std::min(batch_max, items.size()));
    items = items.subspan(batch.size());
    Batch<T> some = co_await ask(batch);
    for (const auto& one : some) {
      note(health, one ? nullptr : &one.error());
    }
    if (answers.empty()) {
      answers = std::move(some);
    } else {
      std::ranges::move(some, std::back_inserter(answers));
    }
    if (!items.empty() && is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
      answers.resize(answers.size() + items.size(), std::unexpected(cancelled_error()));
      break;
    }
  }
  co_return answers;
}

awaitable<Batch<std::optional<Found>>> Store::get(std::span<const Key> keys, Deadline deadline) {
  return in_batches<std::optional<Found>>(
      reads_, keys, [this, deadline](auto batch) { return backend_.get(batch, deadline); });
}

awaitable<Batch<PutOutcome>> Store::put(std::span<const PutItem> items, Deadline deadline) {
  return in_batches<PutOutcome>(
      writes_, items, [this, deadline](auto batch) { return backend_.put(batch, deadline); });
}

awaitable<Batch<bool>> Store::erase(std::span<const Key> keys, Deadline deadline) {
  return in_batches<bool>(writes_, keys,
                          [this, deadline](auto batch) { return backend_.erase(batch, deadline); });
}

awaitable<Result<bool>> Store::expire(const Key& key, Deadline deadline) {
  const std::array items{TouchItem{.key = key, .fresh = milliseconds(0)}};
  auto answers = co_await in_batches<bool>(
      writes_, std::span<const TouchItem>(items),
      [this, deadline](auto batch) { return backend_.touch(batch, deadline); });
  co_return std::move(answers.front());
}

awaitable<Batch<LeaseAnswer>> Store::read_or_lease(std::span<const LeaseRequest> requests,
                                                   Deadline deadline) {
  return in_batches<LeaseAnswer>(reads_, requests, [this, deadline](auto batch) {
    return backend_.read_or_lease(batch, deadline);
  });
}

awaitable<Batch<FillOutcome>> Store::fill(std::span<const Fill> fills, Deadline deadline) {
  return in_batches<FillOutcome>(
      writes_, fills, [this, deadline](auto batch) { return backend_.fill(batch, deadline); });
}

awaitable<Batch<bool>> Store::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                    Deadline deadline) {
  return in_batches<bool>(writes_, leases, [this, hold, deadline](auto batch) {
    return backend_.renew(batch, hold, deadline);
  });
}

awaitable<Batch<bool>> Store::release(std::span<const LeaseHold> leases, Deadline deadline) {
  return in_batches<bool>(
      writes_, leases, [this, deadline](auto batch) { return backend_.release(batch, deadline); });
}

awaitable<Batch<Epoch>> Store::epochs(std::span<const Tag> tags, Deadline deadline) {
  return in_batches<Epoch>(
      reads_, tags, [this, deadline](auto batch) { return backend_.epochs(batch, deadline); });
}

awaitable<Batch<Epoch>> Store::bump(std::span<const Tag> tags, Deadline deadline) {
  return in_batches<Epoch>(writes_, tags,
                           [this, deadline](auto batch) { return backend_.bump(batch, deadline); });
}

}  // namespace larder

#include <exception>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {
namespace {

std::string about(const Key& key, std::string_view text) {
  return std::string(key.name_space()).append(": ").append(text);
}

Error threw(const Key& key, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return Error(Errc::load_failed, about(key, "the loader threw: ").append(exception.what()));
  } catch (...) {
    return Error(Errc::load_failed, about(key, "the loader threw something"));
  }
}

Error too_late(const Key& key, milliseconds span) {
  return Error(Errc::timeout,
               about(key, "not loaded within ") + std::to_string(span.count()) + " ms");
}

}  // namespace

void Cache::Impl::launch(const FlightPtr& flight) {
  counters_.loads.add();
  const Deadline deadline = clock_.in(flight->order.policy.load_deadline);
  flight->watchdog.start(watch(flight, deadline),
                         [this](const std::exception_ptr&) { open_.leave(); });
  flight->load.start(fly(flight, deadline), [this, flight](const std::exception_ptr& failure) {
    if (failure) {
      flights_.land(flight, std::unexpected(threw(flight->order.key, failure)));
      flight->watchdog.cancel();
    }
    flight->order.loader = nullptr;
    open_.leave();
  });
}

awaitable<void> Cache::Impl::watch(FlightPtr flight, Deadline deadline) {
  if (flights_.has_ended(*flight) || !co_await clock_.sleep_until(deadline)) {
    co_return;
  }
  const Error failure = too_late(flight->order.key, flight->order.policy.load_deadline);
  if (flights_.abandon(flight, fall_back(*flight, failure))) {
    counters_.load_timeouts.add();
  }
}

awaitable<void> Cache::Impl::fly(FlightPtr flight, Deadline deadline) {
  if (flights_.has_ended(*flight)) {
    co_return;
  }
  const SteadyTime started = clock_.now();
  Result<Loaded> loaded = co_await call_loader(*flight, deadline);
  if (!flights_.begin_storing(*flight)) {
    co_return;
  }
  flight->watchdog.cancel();
  if (!loaded) {
    counters_.load_failures.add();
    flights_.land(flight, fall_back(*flight, std::move(loaded).error()));
    co_return;
  }
  const auto cost = std::chrono::duration_cast<milliseconds>(clock_.now() - started);
  flights_.land(flight, co_await keep(*flight, *std::move(loaded), cost));
}

awaitable<Result<Loaded>> Cache::Impl::call_loader(const Flight& flight, Deadline deadline) {
  const LoadContext context{.deadline = deadline, .stale = flight.order.lookup.found};
  std::exception_ptr failure;
  try {
    co_return co_await flight.order.loader(context);
  } catch (...) {
    failure = std::current_exception();
  }
  co_return std::unexpected(threw(flight.order.key, failure));
}

awaitable<Answer> Cache::Impl::keep(const Flight& flight, Loaded loaded, milliseconds cost) {
  const LoadOrder& order = flight.order;
  Answer answer{.value = loaded.value, .source = Source::load};
  // Where the store did not answer a moment ago, a write would only make the callers wait.
  const bool store_is_out = order.lookup.failure && order.lookup.failure->advice() != Advice::never;
  if (!loaded.store || store_is_out || flights_.is_outdated(flight)) {
    co_return answer;
  }
  const Deadline deadline = clock_.in(order.policy.store_deadline);
  const Life life = life_of(loaded, order.policy, jitter_);
  const std::size_t size = loaded.value ? loaded.value->size() : 0;
  if (life.total() == milliseconds(0) || !order.lookup.epochs ||
      size > value_bytes_max(order.policy, store_.capabilities())) {
    if (order.lookup.found) {
      // Newer is known: nobody may fall back on the old entry.
      (void)co_await store_.erase(order.key, deadline);
    }
    co_return answer;
  }
  Entry entry{.key = loaded.key.value_or(order.key),
              .value = loaded.value.value_or(Bytes()),
              .life = life,
              .load_cost = cost,
              .epochs = *order.lookup.epochs,
              .presence = loaded.value ? Presence::value : Presence::absence};
  const auto outcome = co_await store_.put(std::move(entry), deadline);
  const bool stored = outcome && outcome->stored;
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    co_return answer;
  }
  if (flights_.is_outdated(flight)) {
    // Something newer happened to the key while the put was on its way, and may have been
    // overtaken by it. A miss is the safe end.
    (void)co_await store_.erase(order.key, deadline);
    co_return answer;
  }
  answer.stored = stored;
  answer.fresh_left = stored ? life.fresh : milliseconds(0);
  co_return answer;
}

Result<Answer> Cache::Impl::fall_back(const Flight& flight, Error failure) const {
  const Lookup& lookup = flight.order.lookup;
  if (!lookup.found) {
    return std::unexpected(std::move(failure));
  }
  const auto waited = std::chrono::duration_cast<milliseconds>(clock_.now() - lookup.at);
  if (waited >= lookup.found->life_left) {
    return std::unexpected(std::move(failure));
  }
  Answer answer = answer_of(*lookup.found, Source::stale);
  answer.fresh_left -= waited;
  answer.failure = std::move(failure);
  return answer;
}

}  // namespace larder

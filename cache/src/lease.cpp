#include <algorithm>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {

namespace asio = boost::asio;

namespace {

// Between two looks at what another node loads: growing, and shortened by up to a half at
// random so that the nodes that wait do not ask together.
constexpr milliseconds kPauseMin{5};
constexpr milliseconds kPauseMax{250};
constexpr double kPauseJitter = 0.5;
// A lease is renewed so many times within its hold.
constexpr int kRenewals = 3;

}  // namespace

awaitable<std::vector<FlightPtr>> Cache::Impl::acquire(LoadPtr load) {
  std::vector<FlightPtr> mine;
  std::vector<FlightPtr> asked;
  for (const FlightPtr& flight : load->flights) {
    // Where the store failed a moment ago nobody can be agreed with.
    (flight->storable ? asked : mine).push_back(flight);
  }
  milliseconds pause = kPauseMin;
  bool pausing = load->waits;
  while (true) {
    if (pausing) {
      if (!co_await clock_.sleep_until(clock_.in(jitter_.shorten(pause, kPauseJitter)))) {
        co_return std::vector<FlightPtr>();
      }
      pause = std::min(2 * pause, kPauseMax);
    }
    std::erase_if(asked, [this](const auto& flight) { return flights_.has_ended(*flight); });
    if (asked.empty()) {
      co_return mine;
    }
    const Batch<LeaseAnswer> answers = co_await ask_for_leases(*load, asked);
    std::vector<FlightPtr> granted;
    std::vector<FlightPtr> busy;
    std::vector<FlightPtr> hit;
    std::vector<Found> hits;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const FlightPtr& flight = asked[i];
      if (!answers[i]) {
        flight->storable = answers[i].error().advice() == Advice::never;
        mine.push_back(flight);
      } else if (answers[i]->state == LeaseState::granted) {
        flight->lease = answers[i]->token;
        flight->leased = true;
        granted.push_back(flight);
      } else if (answers[i]->state == LeaseState::not_needed) {
        hit.push_back(flight);
        hits.push_back(*answers[i]->found);
      } else {
        busy.push_back(flight);
      }
    }
    hold(load, granted);
    mine.insert(mine.end(), granted.begin(), granted.end());
    const auto refused = co_await land_hits(*load, hit, std::move(hits));
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return std::vector<FlightPtr>();
    }
    if (!granted.empty() && load->waits) {
      co_await read_epochs_again(*load, granted);
    }
    pausing = refused.empty();
    busy.insert(busy.end(), refused.begin(), refused.end());
    note_waiting(*load, busy);
    if (!mine.empty()) {
      split_off(load, busy);
      co_return mine;
    }
    asked = std::move(busy);
  }
}

// A granted lease whose word did not arrive could not be released, so this is not cancelled:
// it ends by the store's deadline, and whether anybody still waits is asked afterwards.
awaitable<Batch<LeaseAnswer>> Cache::Impl::ask_for_leases(const Load& load,
                                                          std::span<const FlightPtr> flights) {
  std::vector<LeaseRequest> requests;
  requests.reserve(flights.size());
  for (const FlightPtr& flight : flights) {
    requests.push_back(
        LeaseRequest{.key = flight->key, .hold = options_.lease_hold, .despite = flight->refused});
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto answers = co_await store_.read_or_lease(requests, clock_.in(load.policy.store_deadline));
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return answers;
}

void Cache::Impl::hold(const LoadPtr& load, std::span<const FlightPtr> granted) {
  if (granted.empty()) {
    return;
  }
  counters_.leases.add(granted.size());
  for (const FlightPtr& flight : granted) {
    flights_.show(*flight, LeaseSight::held);
    load->leased.push_back(flight);
  }
  open_.also(1);
  load->keeper.start(keep_leases(load), [this, load](const std::exception_ptr&) {
    load->leased.clear();
    open_.leave();
  });
}

awaitable<std::vector<FlightPtr>> Cache::Impl::land_hits(const Load& load,
                                                         std::span<const FlightPtr> flights,
                                                         std::vector<Found> hits) {
  std::vector<FlightPtr> refused;
  if (flights.empty()) {
    co_return refused;
  }
  const auto causes = co_await judge(store_, hits, clock_.in(load.policy.store_deadline));
  for (std::size_t i = 0; i < flights.size(); ++i) {
    if (causes[i] == MissCause::none && can_read(load.policy.readable, hits[i])) {
      flights_.land(flights[i], answer_of(hits[i], Source::store));
    } else {
      flights[i]->refused = hits[i].version;
      refused.push_back(flights[i]);
    }
  }
  co_return refused;
}

void Cache::Impl::note_waiting(Load& load, std::span<const FlightPtr> flights) {
  if (flights.empty() || load.waits) {
    return;
  }
  load.waits = true;
  counters_.lease_waits.add(flights.size());
  for (const FlightPtr& flight : flights) {
    flights_.show(*flight, LeaseSight::waiting);
  }
}

// While this load waited, an invalidation may have come: under the epochs of before the value
// would be a miss although it is loaded only now.
awaitable<void> Cache::Impl::read_epochs_again(const Load& load,
                                               std::span<const FlightPtr> flights) {
  for (const FlightPtr& flight : flights) {
    if (!flight->epochs || flight->epochs->empty() ||
        is_cancelled(co_await asio::this_coro::cancellation_state)) {
      continue;
    }
    std::vector<Tag> tags;
    for (const TagEpoch& one : *flight->epochs) {
      tags.push_back(one.tag);
    }
    auto epochs =
        co_await read_epochs(store_, std::move(tags), clock_.in(load.policy.store_deadline));
    if (epochs) {
      flight->epochs = *std::move(epochs);
    }
  }
}

void Cache::Impl::split_off(const LoadPtr& load, std::span<const FlightPtr> flights) {
  if (flights.empty()) {
    return;
  }
  const auto rest = std::make_shared<Load>(load->policy, load->loader, load->ticket,
                                           load->strand.get_inner_executor());
  rest->deadline = load->deadline;
  rest->waits = true;
  for (const FlightPtr& flight : flights) {
    std::erase(load->flights, flight);
    if (flights_.move(*flight, rest)) {
      rest->flights.push_back(flight);
    }
  }
  launch(rest);
}

awaitable<void> Cache::Impl::keep_leases(LoadPtr load) {
  const milliseconds beat = options_.lease_hold / kRenewals;
  while (!load->over && load->flying > 0) {
    if (!co_await clock_.sleep_until(clock_.in(beat)) ||
        is_cancelled(co_await asio::this_coro::cancellation_state)) {
      break;
    }
    co_await renew_leases(*load);
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      break;
    }
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await release_leases(*load);
}

awaitable<void> Cache::Impl::renew_leases(const Load& load) {
  std::vector<LeaseHold> holds;
  std::vector<FlightPtr> flights;
  for (const FlightPtr& flight : load.leased) {
    if (flight->lease && !flights_.has_ended(*flight)) {
      holds.push_back(LeaseHold{.key = flight->key, .token = *flight->lease});
      flights.push_back(flight);
    }
  }
  if (holds.empty()) {
    co_return;
  }
  const Deadline deadline = clock_.in(load.policy.store_deadline);
  const auto renewed = co_await store_.renew(holds, options_.lease_hold, deadline);
  for (std::size_t i = 0; i < flights.size(); ++i) {
    // An error says nothing of the lease; it may well be there when the store is back.
    if (renewed[i] && !*renewed[i]) {
      flights[i]->lease.reset();
      flights_.show(*flights[i], LeaseSight::lost);
    }
  }
}

awaitable<void> Cache::Impl::release_leases(const Load& load) {
  std::vector<LeaseHold> holds;
  for (const FlightPtr& flight : load.leased) {
    if (flight->lease) {
      holds.push_back(LeaseHold{.key = flight->key, .token = *flight->lease});
    }
  }
  if (!holds.empty()) {
    (void)co_await store_.release(holds, clock_.in(load.policy.store_deadline));
  }
}

}  // namespace larder

#include "flights.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "endings.hpp"

namespace larder {

Flight::Flight(LoadOrder taken, const boost::asio::any_io_executor& executor)
    : Flight(std::move(taken), Strand(executor)) {}

Flight::Flight(LoadOrder taken, const Strand& strand)
    : order(std::move(taken)), load(strand), watchdog(strand) {}

Seat::~Seat() {
  if (flight_) {
    flights_->leave(flight_);
  }
}

Flights::Shard& Flights::shard(const Key& key) const noexcept {
  // The map inside takes the low bits for its buckets.
  const std::uint64_t hash = std::hash<Key>()(key);
  return shards_[(hash >> 32) % kShards];
}

FlightPtr Flights::joinable(const Shard& home, const Key& key) {
  const auto [first, last] = home.flights.equal_range(key);
  const auto place =
      std::find_if(first, last, [](const auto& one) { return !one.second->outdated_; });
  return place == last ? nullptr : place->second;
}

std::uint64_t Flights::stored(const Key& key) const noexcept {
  return shard(key).stored.load(std::memory_order_acquire);
}

std::expected<Seat, NoSeat> Flights::board(const Caller& caller) {
  Shard& home = shard(caller.key);
  const std::lock_guard lock(home.mutex);
  const FlightPtr running = joinable(home, caller.key);
  if (running && running->order.lookup.epochs == caller.lookup.epochs) {
    if (!open_.enter(1)) {
      return std::unexpected(NoSeat::closed);
    }
    ++running->seats_;
    return Seat(*this, running, false);
  }
  // A flight under other epochs is older than an invalidation, or this caller's lookup is.
  const bool overtaken =
      running || home.stored.load(std::memory_order_relaxed) != caller.stored_seen;
  if (overtaken && caller.may_look_again) {
    return std::unexpected(NoSeat::look_again);
  }
  constexpr std::size_t kSeatLoadAndWatchdog = 3;
  if (!open_.enter(kSeatLoadAndWatchdog)) {
    return std::unexpected(NoSeat::closed);
  }
  auto flight = std::make_shared<Flight>(LoadOrder{.key = caller.key,
                                                   .policy = caller.policy,
                                                   .loader = std::move(caller.loader),
                                                   .lookup = std::move(caller.lookup)},
                                         caller.executor);
  if (running) {
    running->outdated_ = true;
  }
  home.flights.emplace(caller.key, flight);
  return Seat(*this, std::move(flight), true);
}

bool Flights::begin_storing(Flight& flight) {
  const std::lock_guard lock(shard(flight.order.key).mutex);
  if (flight.phase_ != Flight::Phase::loading) {
    return false;
  }
  flight.phase_ = Flight::Phase::storing;
  return true;
}

bool Flights::is_outdated(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.order.key).mutex);
  return flight.outdated_;
}

bool Flights::has_ended(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.order.key).mutex);
  return flight.phase_ == Flight::Phase::ended;
}

std::optional<Result<Answer>> Flights::ending(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.order.key).mutex);
  return flight.ending_;
}

void Flights::end(Shard& home, Flight& flight, Result<Answer> answer) {
  if (answer && answer->stored) {
    home.stored.fetch_add(1, std::memory_order_release);
  }
  flight.phase_ = Flight::Phase::ended;
  flight.ending_ = std::move(answer);
  const auto [first, last] = home.flights.equal_range(flight.order.key);
  const auto place =
      std::find_if(first, last, [&](const auto& one) { return one.second.get() == &flight; });
  home.flights.erase(place);
}

void Flights::land(const FlightPtr& flight, Result<Answer> answer) {
  Shard& home = shard(flight->order.key);
  {
    const std::lock_guard lock(home.mutex);
    if (flight->phase_ == Flight::Phase::ended) {
      return;
    }
    end(home, *flight, std::move(answer));
  }
  flight->ended.ring();
}

bool Flights::abandon(const FlightPtr& flight, Result<Answer> answer) {
  Shard& home = shard(flight->order.key);
  {
    const std::lock_guard lock(home.mutex);
    if (flight->phase_ != Flight::Phase::loading) {
      return false;
    }
    end(home, *flight, std::move(answer));
  }
  announce(*flight);
  return true;
}

void Flights::announce(const Flight& flight) {
  flight.ended.ring();
  flight.load.cancel();
  flight.watchdog.cancel();
}

void Flights::leave(const FlightPtr& flight) {
  Shard& home = shard(flight->order.key);
  bool abandoned = false;
  {
    const std::lock_guard lock(home.mutex);
    abandoned = --flight->seats_ == 0 && flight->phase_ == Flight::Phase::loading;
    if (abandoned) {
      end(home, *flight, std::unexpected(cancelled_error()));
    }
  }
  if (abandoned) {
    announce(*flight);
  }
  open_.leave();
}

void Flights::outdate(const Key& key) {
  Shard& home = shard(key);
  const std::lock_guard lock(home.mutex);
  const auto [first, last] = home.flights.equal_range(key);
  for (auto place = first; place != last; ++place) {
    place->second->outdated_ = true;
  }
}

void Flights::close() {
  for (Shard& home : shards_) {
    std::vector<FlightPtr> abandoned;
    {
      const std::lock_guard lock(home.mutex);
      for (const auto& [key, flight] : home.flights) {
        abandoned.push_back(flight);
      }
      for (const FlightPtr& flight : abandoned) {
        end(home, *flight, std::unexpected(closed_error()));
      }
    }
    for (const FlightPtr& flight : abandoned) {
      announce(*flight);
    }
  }
}

Flights::Sight Flights::sight(const Key& key) const {
  const Shard& home = shard(key);
  const std::lock_guard lock(home.mutex);
  const auto [first, last] = home.flights.equal_range(key);
  Sight sight{.loading = first != last};
  for (auto place = first; place != last; ++place) {
    sight.waiters += place->second->seats_;
  }
  return sight;
}

}  // namespace larder

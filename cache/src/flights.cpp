#include "flights.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "endings.hpp"
#include "load.hpp"

namespace larder {

Flight::Flight(const Key& its_key, const Lookup& its_lookup, LoadPtr load)
    : key(its_key),
      lookup(its_lookup),
      storable(!its_lookup.store_is_out()),
      refused(its_lookup.refused),
      epochs(its_lookup.epochs),
      load_(std::move(load)) {}

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
  using enum NoSeat::Why;
  Shard& home = shard(caller.key);
  const std::lock_guard lock(home.mutex);
  const FlightPtr running = joinable(home, caller.key);
  if (running && running->lookup.epochs == caller.lookup.epochs) {
    if (!open_.enter(1)) {
      return std::unexpected(NoSeat{.why = closed, .error = closed_error()});
    }
    ++running->seats_;
    return Seat(*this, running, false);
  }
  // A flight under other epochs is older than an invalidation, or this caller's lookup is.
  const bool overtaken =
      running || home.stored.load(std::memory_order_relaxed) != caller.stored_seen;
  if (overtaken && caller.may_look_again) {
    return std::unexpected(NoSeat{.why = look_again, .error = cancelled_error()});
  }
  if (auto failure = home.failures.of(caller.key, clock_.now())) {
    return std::unexpected(NoSeat{.why = remembered, .error = *std::move(failure)});
  }
  if (!caller.load->ticket->admits(caller.key.name_space())) {
    return std::unexpected(NoSeat{
        .why = overloaded,
        .error = Error(Errc::overloaded,
                       std::string(caller.key.name_space()) + ": loads_max loads run already")});
  }
  if (!open_.enter(1)) {
    return std::unexpected(NoSeat{.why = closed, .error = closed_error()});
  }
  auto flight = std::make_shared<Flight>(caller.key, caller.lookup, caller.load);
  flight->background_ = caller.waiting == Waiting::background;
  if (running) {
    running->outdated_ = true;
  }
  ++caller.load->flying;
  caller.load->flights.push_back(flight);
  home.flights.emplace(caller.key, flight);
  return Seat(*this, std::move(flight), true);
}

void Flights::keep_going(Flight& flight) {
  const std::lock_guard lock(shard(flight.key).mutex);
  flight.background_ = true;
}

bool Flights::move(Flight& flight, const LoadPtr& load) {
  const std::lock_guard lock(shard(flight.key).mutex);
  if (flight.phase_ == Flight::Phase::ended) {
    return false;
  }
  --flight.load_->flying;
  flight.load_ = load;
  ++load->flying;
  return true;
}

bool Flights::begin_loading(Flight& flight) {
  const std::lock_guard lock(shard(flight.key).mutex);
  if (flight.phase_ == Flight::Phase::ended) {
    return false;
  }
  flight.loading_ = true;
  counters_.loads.add();
  ++loading_;
  return true;
}

bool Flights::begin_storing(Flight& flight) {
  const std::lock_guard lock(shard(flight.key).mutex);
  if (flight.phase_ != Flight::Phase::loading) {
    return false;
  }
  flight.phase_ = Flight::Phase::storing;
  return true;
}

bool Flights::is_outdated(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.key).mutex);
  return flight.outdated_;
}

bool Flights::has_ended(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.key).mutex);
  return flight.phase_ == Flight::Phase::ended;
}

std::optional<Result<Answer>> Flights::ending(const Flight& flight) const {
  const std::lock_guard lock(shard(flight.key).mutex);
  return flight.ending_;
}

void Flights::show(Flight& flight, LeaseSight sight) {
  const std::lock_guard lock(shard(flight.key).mutex);
  flight.sight_ = sight;
}

void Flights::add_tags(Flight& flight, const std::vector<Tag>& tags) {
  const std::lock_guard lock(shard(flight.key).mutex);
  flight.added_tags_.insert(flight.added_tags_.end(), tags.begin(), tags.end());
}

void Flights::end(Shard& home, Flight& flight, Result<Answer> answer) {
  if (answer) {
    home.failures.forget(flight.key);
    if (answer->stored) {
      home.stored.fetch_add(1, std::memory_order_release);
    }
  }
  flight.phase_ = Flight::Phase::ended;
  flight.ending_ = std::move(answer);
  --flight.load_->flying;
  loading_ -= flight.loading_ ? 1 : 0;
  const auto [first, last] = home.flights.equal_range(flight.key);
  const auto place =
      std::find_if(first, last, [&](const auto& one) { return one.second.get() == &flight; });
  home.flights.erase(place);
}

void Flights::remember(Shard& home, const Flight& flight, const Error& failure) const {
  const milliseconds error_ttl = flight.load_->policy.error_ttl;
  if (error_ttl > milliseconds(0) && !flight.outdated_) {
    const SteadyTime now = clock_.now();
    home.failures.remember(flight.key, failure, now + error_ttl, now);
  }
}

void Flights::land(const FlightPtr& flight, Result<Answer> answer) {
  Shard& home = shard(flight->key);
  {
    const std::lock_guard lock(home.mutex);
    if (flight->phase_ == Flight::Phase::ended) {
      return;
    }
    if (!answer) {
      remember(home, *flight, answer.error());
    }
    end(home, *flight, std::move(answer));
  }
  flight->ended.ring();
}

LoadPtr Flights::end_abandoned(Shard& home, Flight& flight, Error error) {
  LoadPtr load = flight.load_;
  end(home, flight, std::unexpected(std::move(error)));
  if (load->flying == 0) {
    return load;
  }
  return nullptr;
}

bool Flights::abandon(const FlightPtr& flight, Error error) {
  Shard& home = shard(flight->key);
  LoadPtr cancelled;
  {
    const std::lock_guard lock(home.mutex);
    if (flight->phase_ != Flight::Phase::loading) {
      return false;
    }
    remember(home, *flight, error);
    counters_.load_timeouts.add(flight->loading_ ? 1 : 0);
    cancelled = end_abandoned(home, *flight, std::move(error));
  }
  announce(*flight, cancelled);
  return true;
}

void Flights::announce(const Flight& flight, const LoadPtr& cancelled) {
  flight.ended.ring();
  if (cancelled) {
    cancelled->cancel();
  }
}

void Flights::leave(const FlightPtr& flight) {
  Shard& home = shard(flight->key);
  bool deserted = false;
  LoadPtr cancelled;
  {
    const std::lock_guard lock(home.mutex);
    deserted =
        --flight->seats_ == 0 && flight->phase_ == Flight::Phase::loading && !flight->background_;
    if (deserted) {
      counters_.loads_deserted.add(flight->loading_ ? 1 : 0);
      cancelled = end_abandoned(home, *flight, cancelled_error());
    }
  }
  if (deserted) {
    announce(*flight, cancelled);
  }
  open_.leave();
}

void Flights::outdate(const Key& key) {
  Shard& home = shard(key);
  const std::lock_guard lock(home.mutex);
  home.failures.forget(key);
  if (const FlightPtr running = joinable(home, key)) {
    running->outdated_ = true;
  }
}

void Flights::outdate_tagged(std::span<const Tag> tags) {
  for (Shard& home : shards_) {
    const std::lock_guard lock(home.mutex);
    for (const auto& [key, flight] : home.flights) {
      flight->outdated_ =
          flight->outdated_ ||
          std::ranges::find_first_of(flight->added_tags_, tags) != flight->added_tags_.end();
    }
  }
}

void Flights::close() {
  for (Shard& home : shards_) {
    std::vector<std::pair<FlightPtr, LoadPtr>> abandoned;
    {
      const std::lock_guard lock(home.mutex);
      for (const auto& [key, flight] : home.flights) {
        abandoned.emplace_back(flight, nullptr);
      }
      for (auto& [flight, cancelled] : abandoned) {
        counters_.loads_deserted.add(flight->loading_ ? 1 : 0);
        cancelled = end_abandoned(home, *flight, closed_error());
      }
    }
    for (const auto& [flight, cancelled] : abandoned) {
      announce(*flight, cancelled);
    }
  }
}

Flights::Sight Flights::sight(const Key& key) const {
  const Shard& home = shard(key);
  const std::lock_guard lock(home.mutex);
  const auto [first, last] = home.flights.equal_range(key);
  Sight sight{.loading = first != last, .failure = home.failures.of(key, clock_.now())};
  for (auto place = first; place != last; ++place) {
    sight.waiters += place->second->seats_;
    if (!place->second->outdated_) {
      sight.lease = place->second->sight_;
    }
  }
  return sight;
}

}  // namespace larder

// Two clients whose clocks disagree: freshness is the store's to tell.
#include <memory>

#include "conformance/faults.hpp"
#include "conformance/leases.hpp"

namespace larder::testkit {
namespace {

constexpr std::chrono::hours kSkews[] = {std::chrono::hours(5), std::chrono::hours(-5)};

struct Skewed {
  std::unique_ptr<CacheBackend> store;
  Clock* clock = nullptr;

  [[nodiscard]] Deadline soon() const { return clock->in(std::chrono::seconds(30)); }
};

awaitable<Skewed> open_skewed(Trial& trial, milliseconds skew) {
  auto* place = dynamic_cast<SkewableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can have clients with other clocks");
  auto store = trial.must(co_await place->open_skewed(skew), "opening a handle with another clock");
  co_return Skewed{.store = std::move(store), .clock = &place->skewed_clock()};
}

awaitable<void> agree_on_what_is_left_of_a_life(Trial& trial) {
  const Key key = trial.key("a");
  for (const milliseconds skew : kSkews) {
    const Skewed other = co_await open_skewed(trial, skew);
    const PutItem item{.entry = entry_of(key, "text")};
    trial.must(co_await other.store->put(std::span(&item, 1), other.soon()), 1, "put");
    const auto mine = co_await get(trial, key);
    const auto theirs =
        trial.must(co_await other.store->get(std::span(&key, 1), other.soon()), 1, "get").front();
    trial.require(mine && theirs, "both find it");
    trial.span_is(mine->life_left, kLong.total(), "life_left at the other client");
    trial.span_is(theirs->life_left, kLong.total(), "life_left at the client that is off");
    trial.expect(theirs->is_fresh(), "it is fresh for the client that is off");
    co_await other.store->close();
  }
}

awaitable<void> agree_on_the_end_of_a_lease(Trial& trial) {
  for (const milliseconds skew : kSkews) {
    const Key key = trial.key("skew" + std::to_string(skew.count()));
    const Skewed other = co_await open_skewed(trial, skew);
    const LeaseRequest request{.key = key, .hold = kHold};
    const auto granted = trial.must(
        co_await other.store->read_or_lease(std::span(&request, 1), other.soon()), 1, "ask");
    trial.equal(words(granted.front()), "granted", "the client that is off asks first");
    co_await trial.pass_almost(kHold);
    trial.equal(words(co_await ask(trial, key)), "busy", "just before the hold ends");
    co_await trial.pass_rest();
    trial.equal(words(co_await ask(trial, key)), "granted", "when the hold has ended");
    co_await other.store->close();
  }
}

}  // namespace

std::vector<Check> skew_checks() {
  return {
      {"Skewed", "clients_agree_on_what_is_left_of_a_life", &Capabilities::values,
       agree_on_what_is_left_of_a_life},
      {"Skewed", "clients_agree_on_the_end_of_a_lease", &Capabilities::leases,
       agree_on_the_end_of_a_lease},
  };
}

}  // namespace larder::testkit

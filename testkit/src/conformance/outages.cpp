// A store that cannot be reached says so in time, and works again by itself.
#include <string>

#include "conformance/groups.hpp"
#include "conformance/probes.hpp"

namespace larder::testkit {
namespace {

BreakableStore& breakable(Trial& trial) {
  auto* place = dynamic_cast<BreakableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can be broken");
  return *place;
}

awaitable<void> answers_an_error_while_the_store_is_down(Trial& trial) {
  co_await breakable(trial).break_store();
  for (const VerbProbe& probe : verb_probes()) {
    if (!probe.declared(trial.can())) {
      continue;
    }
    const auto error = co_await probe.call(trial, trial.place().clock().in(milliseconds(500)));
    trial.expect(error && (error->code() == Errc::unavailable || error->code() == Errc::timeout),
                 std::string(probe.verb) + " answers unavailable or timeout");
  }
  co_await breakable(trial).heal_store();
}

awaitable<void> works_again_when_the_store_is_back(Trial& trial) {
  co_await put(trial, entry_of(trial.key("before"), "text"));
  co_await breakable(trial).break_store();
  const Key key = trial.key("a");
  co_await trial.store().get(std::span(&key, 1), trial.place().clock().in(milliseconds(500)));
  co_await breakable(trial).heal_store();
  constexpr int kTriesMax = 200;
  bool back = false;
  for (int i = 0; i < kTriesMax && !back; ++i) {
    back = (co_await trial.store().ping(trial.place().clock().in(milliseconds(500)))).has_value();
    if (!back) {
      co_await trial.pass(milliseconds(50));
    }
  }
  trial.require(back, "ping succeeds within 10 s of the store's return");
  co_await put(trial, entry_of(key, "after"));
  trial.equal(text_of(co_await get(trial, key)), "after", "get after the outage");
}

}  // namespace

std::vector<Check> outage_checks() {
  return {
      {"Outages", "answers_an_error_while_the_store_is_down", nullptr,
       answers_an_error_while_the_store_is_down},
      {"Outages", "works_again_when_the_store_is_back", nullptr,
       works_again_when_the_store_is_back},
  };
}

}  // namespace larder::testkit

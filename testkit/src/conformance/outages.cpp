// A store that cannot be reached says so in time, and works again by itself.
#include <string>

#include "conformance/faults.hpp"

namespace larder::testkit {
namespace {

BreakableStore& breakable(Trial& trial) {
  auto* place = dynamic_cast<BreakableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can be broken");
  return *place;
}

awaitable<void> answers_an_error_while_the_store_is_down(Trial& trial) {
  constexpr milliseconds kPatienceOfOne{500};
  co_await breakable(trial).break_store();
  auto running = co_await start_all_verbs(trial, trial.place().clock().in(kPatienceOfOne));
  co_await trial.pass(kPatienceOfOne);
  const Judge judge = [&trial](const RunningProbe& one, const std::optional<Error>& error) {
    trial.expect(error && (error->code() == Errc::unavailable || error->code() == Errc::timeout),
                 std::string(one.verb) + " answers unavailable or timeout");
    trial.expect(!error || error->advice() != Advice::never,
                 std::string(one.verb) + " does not advise that it can never work");
  };
  co_await judge_all(trial, running, "by its deadline", judge);
  co_await breakable(trial).heal_store();
  const bool ended = co_await all_end(running);
  trial.require(ended, "what waited for the broken store ends when that is back");
  co_await wait_until_it_answers(trial);
}

awaitable<void> works_again_when_the_store_is_back(Trial& trial) {
  co_await put(trial, entry_of(trial.key("before"), "text"));
  co_await breakable(trial).break_store();
  const Key key = trial.key("a");
  trial.fails(co_await trial.store().ping(trial.past()), Errc::timeout, "a ping that is too late");
  co_await breakable(trial).heal_store();
  co_await wait_until_it_answers(trial);
  co_await put(trial, entry_of(key, "after"));
  trial.equal(text_of(co_await get(trial, key)), "after", "get after the outage");
}

awaitable<void> closes_while_the_store_is_down(Trial& trial) {
  co_await breakable(trial).break_store();
  co_await trial.close();
  trial.fails(co_await trial.store().ping(trial.soon()), Errc::closed, "a ping after close");
  co_await breakable(trial).heal_store();
}

}  // namespace

std::vector<Check> outage_checks() {
  return {
      {"Outages", "answers_an_error_while_the_store_is_down", nullptr,
       answers_an_error_while_the_store_is_down},
      {"Outages", "works_again_when_the_store_is_back", nullptr,
       works_again_when_the_store_is_back},
      {"Outages", "closes_while_the_store_is_down", nullptr, closes_while_the_store_is_down},
  };
}

}  // namespace larder::testkit

// A clock that jumps: a machine that slept, a virtual machine that was moved.
#include <string>

#include "conformance/faults.hpp"
#include "conformance/leases.hpp"

namespace larder::testkit {
namespace {

constexpr milliseconds kShort{1000};

// As far as a clock can be made to jump.
milliseconds jump(const Trial& trial) {
  return trial.slack() == milliseconds(0) ? milliseconds(std::chrono::hours(24 * 400)) : 2 * kShort;
}

awaitable<void> survives_a_jump_forwards(Trial& trial) {
  const Key key = trial.key("a");
  const Life life{.fresh = kShort, .stale = milliseconds(0)};
  const Addition addition{.key = key, .delta = 1, .life = kShort};
  const QuotaRequest request{.key = key, .quota = {.burst = 2, .period = kShort}, .cost = 2};
  for (int round = 0; round < 2; ++round) {
    trial.equal(text_of(co_await get(trial, key)), "(miss)", "get at the start of a round");
    if (trial.can().leases) {
      co_await be_granted(trial, key);
    }
    co_await put(trial, entry_of(key, "text", life));
    if (trial.can().counters) {
      auto sums = co_await trial.store().add(std::span(&addition, 1), trial.soon());
      trial.equal(trial.must(std::move(sums), 1, "add").front(), 1, "the sum of a new counter");
    }
    if (trial.can().quotas) {
      auto answers = co_await trial.store().take(std::span(&request, 1), trial.soon());
      trial.expect(trial.must(std::move(answers), 1, "take").front().allowed,
                   "the whole burst is there");
    }
    co_await trial.pass(jump(trial));
  }
}

awaitable<void> a_lease_does_not_outlast_a_jump(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  co_await trial.pass(jump(trial));
  trial.expect(!co_await renew(trial, key, token), "renew after the jump finds it void");
  trial.expect(co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::void_lease,
               "fill after the jump writes nothing");
  co_await be_granted(trial, key);
}

awaitable<void> needs_no_deadline(Trial& trial) {
  for (const VerbProbe& probe : verb_probes()) {
    if (probe.declared(trial.can())) {
      const auto error = co_await probe.call(trial, Deadline::max());
      trial.expect(!error, std::string(probe.verb) + " works without a deadline");
    }
  }
}

}  // namespace

std::vector<Check> clock_checks() {
  return {
      {"Clocks", "survives_a_jump_forwards", nullptr, survives_a_jump_forwards},
      {"Clocks", "a_lease_does_not_outlast_a_jump", &Capabilities::leases,
       a_lease_does_not_outlast_a_jump},
      {"Clocks", "needs_no_deadline", nullptr, needs_no_deadline},
  };
}

}  // namespace larder::testkit

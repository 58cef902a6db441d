#include <larder/testkit/conformance.hpp>

#include <exception>
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "conformance/faults.hpp"
#include "conformance/groups.hpp"
#include "conformance/probes.hpp"

namespace larder::testkit {
namespace {

// Runs one part of a trial; what escapes from it is a violation, since nothing may throw.
awaitable<void> guarded(Trial& trial, awaitable<void> part) {
  try {
    co_await std::move(part);
  } catch (const CheckEnded&) {
    co_return;
  } catch (const std::exception& failure) {
    trial.violate(std::string("threw: ") + failure.what(), Where::current());
  }
}

// Lets coroutines that close() ended on this executor come to their end.
awaitable<void> let_ended_coroutines_go() {
  constexpr int kTurns = 16;
  const auto executor = co_await boost::asio::this_coro::executor;
  for (int turn = 0; turn < kTurns; ++turn) {
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
}

awaitable<void> run_on_store(const Check& check, StoreUnderTest& place, CacheBackend& store,
                             std::vector<Violation>& violations) {
  Trial trial(place, store);
  const bool declared = check.needs == nullptr || trial.can().*check.needs;
  co_await guarded(trial, declared ? check.body(trial) : check_undeclared(trial, check.needs));
  if (!trial.closed()) {
    co_await guarded(trial, trial.leave_nothing_behind());
    co_await guarded(trial, trial.close());
  }
  co_await let_ended_coroutines_go();
  trial.equal(place.sleepers(), std::size_t{0}, "coroutines asleep after close");
  violations = trial.take_violations();
}

awaitable<void> open_and_run(const Check& check, StoreUnderTest& place,
                             std::vector<Violation>& violations) {
  auto opened = co_await place.open();
  if (!opened) {
    violations.push_back({.text = "open failed: " + opened.error().message(), .where = {}});
    co_return;
  }
  co_await run_on_store(check, place, **opened, violations);
}

class CheckTest final : public testing::Test {
 public:
  CheckTest(const Check& check, const StoreMaker& make) : check_(check), make_(make) {}

  void TestBody() override {
    const std::unique_ptr<StoreUnderTest> store = make_();
    for (const Violation& violation : violations_of(check_, *store)) {
      ADD_FAILURE_AT(violation.where.file_name(), static_cast<int>(violation.where.line()))
          << violation.text;
    }
  }

 private:
  Check check_;
  StoreMaker make_;
};

}  // namespace

awaitable<void> FakeClockStore::advance(milliseconds span) {
  clock_.advance(span);
  co_return;
}

std::vector<Check> conformance_checks() {
  std::vector<Check> all;
  for (auto* group :
       {&verb_checks, &value_checks, &life_checks, &condition_checks, &lease_checks,
        &void_lease_checks, &counter_checks, &quota_checks, &epoch_checks, &event_checks,
        &event_bound_checks, &message_checks, &watch_checks, &scan_checks, &care_checks,
        &sharing_checks, &linearisability_checks, &cancellation_checks, &clock_checks}) {
    const std::vector<Check> checks = group();
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}

std::vector<Violation> violations_of(const Check& check, StoreUnderTest& store) {
  std::vector<Violation> violations;
  try {
    run(open_and_run(check, store, violations));
  } catch (const std::exception& failure) {
    violations.push_back({.text = failure.what(), .where = {}});
  }
  return violations;
}

bool register_conformance(std::string_view name, std::vector<Check> checks, StoreMaker make,
                          std::source_location where) {
  for (Check& check : checks) {
    const std::string suite = "Conformance/" + check.group;
    const std::string test = check.name + "/" + std::string(name);
    testing::RegisterTest(suite.c_str(), test.c_str(), nullptr, nullptr, where.file_name(),
                          static_cast<int>(where.line()),
                          [check = std::move(check), make]() -> testing::Test* {
                            return new CheckTest(check, make);
                          });
  }
  return true;
}

}  // namespace larder::testkit

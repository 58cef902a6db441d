#include "conformance/faults.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

// On the store's clock, and at least so long in real time, which is what a connection takes
// to come back where a test moves the clock.
constexpr std::chrono::seconds kBackWithin{10};
constexpr std::chrono::seconds kBackWithinReally{1};
constexpr std::chrono::milliseconds kBetweenPings{2};
// A call that crosses to another thread and back gets there meanwhile.
constexpr int kTurnsToGetGoing = 100;

}  // namespace

awaitable<std::vector<RunningProbe>> start_all_verbs(Trial& trial, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<RunningProbe> running;
  for (const VerbProbe& probe : verb_probes()) {
    if (probe.declared(trial.can())) {
      running.push_back({.verb = probe.verb, .call = start(executor, probe.call(trial, deadline))});
    }
  }
  for (int turn = 0; turn < kTurnsToGetGoing; ++turn) {
    co_await asio::post(executor, asio::use_awaitable);
  }
  co_return running;
}

awaitable<void> wait_until_it_answers(Trial& trial) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const auto give_up = trial.place().clock().in(kBackWithin);
  const auto really = std::chrono::steady_clock::now() + kBackWithinReally;
  while (!(co_await trial.store().ping(trial.place().clock().in(milliseconds(500)))).has_value()) {
    trial.require(
        trial.place().clock().now() < give_up || std::chrono::steady_clock::now() < really,
        "the store answers a ping within 10 s of its return");
    pause.expires_after(kBetweenPings);
    co_await pause.async_wait(asio::use_awaitable);
    co_await trial.pass(milliseconds(50));
  }
}

}  // namespace larder::testkit

#include "conformance/faults.hpp"

#include <algorithm>

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
constexpr std::chrono::seconds kEndsWithinReally{2};
constexpr milliseconds kMuchLater{10'000};
constexpr int kParts = 4;  // of it; no place is asked to pass more than three seconds at once
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

awaitable<bool> comes_true(const std::function<bool()>& done) {
  const auto give_up = std::chrono::steady_clock::now() + kEndsWithinReally;
  const std::function<bool()> enough = [&done, give_up] {
    return done() || std::chrono::steady_clock::now() >= give_up;
  };
  co_await yield_until(enough);
  co_return done();
}

awaitable<bool> all_end(const std::vector<RunningProbe>& running) {
  const std::function<bool()> ended = [&running] {
    return std::ranges::all_of(running, [](const RunningProbe& one) { return one.call.ended(); });
  };
  co_return co_await comes_true(ended);
}

awaitable<void> judge_all(Trial& trial, std::vector<RunningProbe>& running, std::string_view when,
                          const Judge& judge) {
  co_await all_end(running);
  for (RunningProbe& one : running) {
    if (one.call.ended()) {
      judge(one, co_await one.call.answer());
    } else {
      trial.violate(std::string(one.verb).append(" has not ended ").append(when), Where::current());
    }
  }
}

Deadline much_later(Trial& trial) { return trial.place().clock().in(kMuchLater); }

awaitable<void> must_end_now(Trial& trial, const std::function<bool()>& ended,
                             std::string_view sentence) {
  if (co_await comes_true(ended)) {
    co_return;
  }
  for (int part = 0; part < kParts; ++part) {
    co_await trial.pass(kMuchLater / kParts);
  }
  co_await comes_true(ended);
  trial.require(false, sentence);
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

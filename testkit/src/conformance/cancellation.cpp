// A caller that loses interest, wherever its call is just then.
#include <string>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "conformance/faults.hpp"

namespace larder::testkit {
namespace {

// Each step of the first few, then with growing distance: a call that goes to another thread
// or over a network takes many turns of this one.
constexpr int kEachTurnUntil = 12;
constexpr int kTurnsMax = 4096;

awaitable<bool> ended_before_it_was_cancelled(Trial& trial, VerbProbe probe, int turns) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto call = start(executor, probe.call(trial, much_later(trial)));
  for (int turn = 0; turn < turns && !call.ended(); ++turn) {
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  const bool ended = call.ended();
  if (!ended) {
    call.cancel();
  }
  std::string sentence(probe.verb);
  sentence.append(" that is cancelled after ").append(std::to_string(turns)).append(" turns ");
  const std::function<bool()> done = [&call] { return call.ended(); };
  co_await must_end_now(trial, done, sentence + "ends");
  const std::optional<Error> error = co_await call.answer();
  trial.expect(!error || (!ended && error->code() == Errc::cancelled),
               sentence.append("answers cancelled, or what it has done; not ")
                   .append(error ? error->message() : ""));
  co_return ended;
}

awaitable<void> ends_every_verb_at_every_step(Trial& trial) {
  for (const VerbProbe& probe : verb_probes()) {
    if (!probe.declared(trial.can())) {
      continue;
    }
    int turns = 0;
    while (turns <= kTurnsMax && !co_await ended_before_it_was_cancelled(trial, probe, turns)) {
      turns = turns < kEachTurnUntil ? turns + 1 : turns * 2;
    }
  }
  // What was cancelled holds nothing that others need.
  for (const VerbProbe& probe : verb_probes()) {
    if (probe.declared(trial.can())) {
      const auto error = co_await probe.call(trial, trial.soon());
      trial.expect(!error, std::string(probe.verb) + " works after all these cancellations");
    }
  }
}

}  // namespace

std::vector<Check> cancellation_checks() {
  return {
      {"Cancellation", "ends_every_verb_at_every_step", nullptr, ends_every_verb_at_every_step}};
}

}  // namespace larder::testkit

// A store without room: it drops something or says so, and goes on.
#include <string>

#include <boost/asio/this_coro.hpp>

#include "conformance/faults.hpp"

namespace larder::testkit {
namespace {

constexpr std::size_t kLargeBytes = std::size_t{64} << 10;

awaitable<void> fill_up(Trial& trial) {
  auto* place = dynamic_cast<FillableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can be filled");
  co_await place->fill_store();
}

awaitable<void> a_put_is_stored_or_storage_full(Trial& trial) {
  co_await fill_up(trial);
  const Key key = trial.key("a");
  const PutItem item{.entry = entry_of(key, std::string(kLargeBytes, 'x'))};
  auto batch = co_await trial.store().put(std::span(&item, 1), trial.soon());
  const auto outcome = trial.only(std::move(batch), "put");
  if (outcome) {
    trial.expect(outcome->stored, "a put without a condition that succeeds has stored");
  } else {
    trial.fails(outcome, Errc::storage_full, "put");
    trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after the refused put");
  }
}

awaitable<void> every_verb_still_ends(Trial& trial) {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await fill_up(trial);
  for (const VerbProbe& probe : verb_probes()) {
    if (!probe.declared(trial.can())) {
      continue;
    }
    auto call = start(executor, probe.call(trial, much_later(trial)));
    const std::function<bool()> ended = [&call] { return call.ended(); };
    co_await must_end_now(trial, ended, std::string(probe.verb) + " ends in a full store");
    const auto error = co_await call.answer();
    trial.expect(!error || error->code() == Errc::storage_full,
                 std::string(probe.verb) + " works, or answers storage_full");
  }
}

}  // namespace

std::vector<Check> full_checks() {
  return {
      {"Full", "a_put_is_stored_or_storage_full", &Capabilities::values,
       a_put_is_stored_or_storage_full},
      {"Full", "every_verb_still_ends", nullptr, every_verb_still_ends},
  };
}

}  // namespace larder::testkit

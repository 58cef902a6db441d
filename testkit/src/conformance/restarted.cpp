// A store that lost everything: what was there is a miss, and who listened is told.
#include <memory>
#include <string>

#include <boost/asio/this_coro.hpp>

#include "conformance/events.hpp"
#include "conformance/faults.hpp"
#include "conformance/leases.hpp"

namespace larder::testkit {
namespace {

// How long a listener waits to be told: on the store's clock, and at least so long in real
// time, which is what its connection takes to come back where a test moves the clock.
constexpr std::chrono::seconds kToldWithin{10};
constexpr std::chrono::seconds kToldWithinReally{1};
constexpr milliseconds kEachTurn{100};

awaitable<void> restart_empty(Trial& trial) {
  auto* place = dynamic_cast<RestartableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can be restarted");
  co_await place->restart_store_empty();
  co_await wait_until_it_answers(trial);
}

awaitable<void> misses_what_was_lost_and_works(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "before"));
  co_await restart_empty(trial);
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after the restart");
  co_await put(trial, entry_of(key, "after"));
  trial.equal(text_of(co_await get(trial, key)), "after", "get of what was put after it");
}

awaitable<void> draws_new_epochs(Trial& trial) {
  const Tag tag = trial.key("a");
  const auto before =
      trial.must(co_await trial.store().epochs(std::span(&tag, 1), trial.soon()), 1, "epochs");
  co_await restart_empty(trial);
  const auto after =
      trial.must(co_await trial.store().epochs(std::span(&tag, 1), trial.soon()), 1, "epochs");
  trial.expect(before.front() != after.front(),
               "an epoch that was lost is another, so that nothing old comes back to life");
}

awaitable<void> an_old_lease_cannot_write(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken old = co_await be_granted(trial, key);
  co_await restart_empty(trial);
  trial.expect(co_await fill(trial, entry_of(key, "old"), old) == FillOutcome::void_lease,
               "fill with a lease from before the restart");
  co_await be_granted(trial, key);
  trial.expect(co_await fill(trial, entry_of(key, "old"), old) == FillOutcome::void_lease,
               "fill with it while the new store has leased the key to another");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after these fills");
}

awaitable<void> tells_the_gap_in_a_lost_log(Trial& trial) {
  const Key log = trial.key("a");
  const EventPosition before = trial.must(
      co_await trial.store().append(log, Bytes::copy_of("1"), LogBounds(), trial.soon()), "append");
  co_await restart_empty(trial);
  co_await append(trial, log, "2");
  const EventPage page =
      trial.must(co_await trial.store().read_after(log, before, 10, trial.soon()), "read_after");
  trial.expect(page.gap, "a position in the lost log is told as a gap");
  trial.equal(page.events.size(), std::size_t{1}, "events of the new log");
}

// Shares the stream: the check may end while this waits.
template <typename T, typename Stream>
awaitable<Result<T>> next_before(std::shared_ptr<Stream> stream, Deadline deadline) {
  co_return co_await stream->next(deadline);
}

// The next of a stream, waited for in short turns: nothing else tells on a clock that only
// moves when a check moves it that there will be none. Ends the check then.
template <typename T, typename Stream>
awaitable<T> next_of(Trial& trial, std::shared_ptr<Stream> stream, std::string_view sentence) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto really = std::chrono::steady_clock::now() + kToldWithinReally;
  const Deadline give_up = trial.place().clock().in(kToldWithin);
  for (;;) {
    auto next = start(executor, next_before<T>(stream, trial.place().clock().in(kEachTurn)));
    co_await trial.pass(kEachTurn);
    Result<T> told = co_await next.answer();
    if (told || told.error().code() != Errc::timeout) {
      co_return trial.must(std::move(told), "next");
    }
    trial.require(
        trial.place().clock().now() < give_up || std::chrono::steady_clock::now() < really,
        sentence);
  }
}

awaitable<void> tells_a_subscriber_and_serves_it_again(Trial& trial) {
  constexpr int kTriesMax = 200;
  const Key channel = trial.key("a");
  const auto executor = co_await boost::asio::this_coro::executor;
  const std::shared_ptr<Subscription> stream = trial.must(
      co_await trial.store().subscribe(std::span(&channel, 1), trial.soon()), "subscribe");
  co_await restart_empty(trial);
  const Notice first = co_await next_of<Notice>(trial, stream, "a subscriber is told something");
  trial.expect(std::holds_alternative<MessagesLost>(first),
               "the first notice after the restart says that messages were lost");
  // It is heard again at some time: this client's way back is its own affair.
  bool heard = false;
  for (int i = 0; i < kTriesMax && !heard; ++i) {
    trial.must(co_await trial.store().publish(channel, Bytes::copy_of("x"), trial.soon()),
               "publish");
    auto hearing =
        start(executor, next_before<Notice>(stream, trial.place().clock().in(kEachTurn)));
    co_await trial.pass(kEachTurn);
    const auto notice = co_await hearing.answer();
    heard = notice && std::holds_alternative<Message>(*notice);
  }
  trial.expect(heard, "a message that is published after the restart arrives");
}

awaitable<void> tells_a_watcher(Trial& trial) {
  const Key key = trial.key("a");
  const std::shared_ptr<Watch> watch =
      trial.must(co_await trial.store().watch(trial.soon()), "watch");
  co_await put(trial, entry_of(key, "text"));
  co_await get(trial, key);
  co_await restart_empty(trial);
  // What was put and read before may still be told first.
  constexpr int kChangesMax = 100;
  bool told = false;
  for (int i = 0; i < kChangesMax && !told; ++i) {
    told = std::holds_alternative<WatchLost>(co_await next_of<Change>(
        trial, watch, "a watcher is told that everything it read may have changed"));
  }
  trial.expect(told, "a watcher is told that everything it read may have changed");
}

}  // namespace

std::vector<Check> restart_checks() {
  return {
      {"Restarted", "misses_what_was_lost_and_works", &Capabilities::values,
       misses_what_was_lost_and_works},
      {"Restarted", "draws_new_epochs", &Capabilities::epochs, draws_new_epochs},
      {"Restarted", "an_old_lease_cannot_write", &Capabilities::leases, an_old_lease_cannot_write},
      {"Restarted", "tells_the_gap_in_a_lost_log", &Capabilities::events,
       tells_the_gap_in_a_lost_log},
      {"Restarted", "tells_a_subscriber_and_serves_it_again", &Capabilities::messages,
       tells_a_subscriber_and_serves_it_again},
      {"Restarted", "tells_a_watcher", &Capabilities::watch, tells_a_watcher},
  };
}

}  // namespace larder::testkit

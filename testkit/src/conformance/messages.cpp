// publish, subscribe: messages in order, and word when some were lost.
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

// Shared with a coroutine that waits in next(), so that it outlives a check that ends.
using Stream = std::shared_ptr<Subscription>;

awaitable<Stream> subscribe(Trial& trial, std::vector<Key> channels,
                            Where where = Where::current()) {
  co_return trial.must(co_await trial.store().subscribe(channels, trial.soon()), "subscribe",
                       where);
}

awaitable<void> publish(Trial& trial, Key channel, std::string text,
                        Where where = Where::current()) {
  trial.must(co_await trial.store().publish(channel, Bytes(std::move(text)), trial.soon()),
             "publish", where);
}

awaitable<Result<Notice>> next(Stream stream, Deadline deadline) {
  co_return co_await stream->next(deadline);
}

// "a:text", or "(lost)".
std::string words(const Notice& notice) {
  const auto* message = std::get_if<Message>(&notice);
  return message == nullptr
             ? "(lost)"
             : std::string(message->channel.id()).append(":").append(message->payload.view());
}

awaitable<std::string> hear(Trial& trial, Stream stream, Where where = Where::current()) {
  co_return words(trial.must(co_await stream->next(trial.soon()), "next", where));
}

awaitable<Started<Result<Notice>>> wait_beside(Stream stream, Deadline deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto waiting = start(executor, next(std::move(stream), deadline));
  // It is started, and now runs until it waits.
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
  co_return waiting;
}

awaitable<void> arrive_in_order(Trial& trial) {
  const Key a = trial.key("a");
  const Key b = trial.key("b");
  const Stream both = co_await subscribe(trial, {a, b});
  const Stream only_a = co_await subscribe(trial, {a});
  co_await publish(trial, a, "1");
  co_await publish(trial, trial.key("c"), "not for us");
  co_await publish(trial, b, std::string("\0\xFF", 2));
  co_await publish(trial, a, "");
  trial.equal(co_await hear(trial, both), "a:1", "the first message of both");
  trial.equal(co_await hear(trial, both), std::string("b:\0\xFF", 4), "the second of both");
  trial.equal(co_await hear(trial, both), "a:", "the third of both");
  trial.equal(co_await hear(trial, only_a), "a:1", "the first message of one");
  trial.equal(co_await hear(trial, only_a), "a:", "the second of one");
}

awaitable<void> go_to_whoever_is_subscribed_now(Trial& trial) {
  const Key a = trial.key("a");
  co_await publish(trial, a, "to no one");
  Stream first = co_await subscribe(trial, {a});
  co_await publish(trial, a, "to the first");
  trial.equal(co_await hear(trial, first), "a:to the first", "what the first hears");
  first.reset();
  co_await publish(trial, a, "after the first has gone");
  const Stream second = co_await subscribe(trial, {a});
  co_await publish(trial, a, "to the second");
  trial.equal(co_await hear(trial, second), "a:to the second", "what the second hears");
}

awaitable<void> wake_a_waiting_subscriber(Trial& trial) {
  const Key a = trial.key("a");
  const Stream stream = co_await subscribe(trial, {a});
  auto waiting = co_await wait_beside(stream, trial.soon());
  trial.expect(!waiting.ended(), "next waits while there is nothing");
  co_await publish(trial, a, "1");
  trial.equal(words(trial.must(co_await waiting.answer(), "next")), "a:1", "what it hears");
}

awaitable<void> are_not_lost_by_a_timeout(Trial& trial) {
  const Key a = trial.key("a");
  const Stream stream = co_await subscribe(trial, {a});
  constexpr milliseconds kPatienceOfOne{200};
  auto waiting = co_await wait_beside(stream, trial.place().clock().in(kPatienceOfOne));
  co_await trial.pass(kPatienceOfOne);
  trial.fails(co_await waiting.answer(), Errc::timeout, "next when nothing comes");
  co_await publish(trial, a, "1");
  trial.equal(co_await hear(trial, stream), "a:1", "what comes after the timeout");
  co_await publish(trial, a, "2");
  trial.fails(co_await stream->next(trial.past()), Errc::timeout, "next with a deadline past");
  trial.equal(co_await hear(trial, stream), "a:2", "what was there at the timeout");
}

awaitable<void> are_not_lost_by_a_cancelled_wait(Trial& trial) {
  const Key a = trial.key("a");
  const Stream stream = co_await subscribe(trial, {a});
  auto waiting = co_await wait_beside(stream, trial.soon());
  waiting.cancel();
  trial.fails(co_await waiting.answer(), Errc::cancelled, "a next that is cancelled");
  co_await publish(trial, a, "1");
  trial.equal(co_await hear(trial, stream), "a:1", "what comes after it");
}

awaitable<void> end_with_closed_when_the_store_closes(Trial& trial) {
  const Stream stream = co_await subscribe(trial, {trial.key("a")});
  auto waiting = co_await wait_beside(stream, trial.soon());
  co_await trial.close();
  trial.fails(co_await waiting.answer(), Errc::closed, "a next that waits");
  trial.fails(co_await stream->next(trial.soon()), Errc::closed, "a next after close");
}

// However the store drops: whoever misses a message is told before it hears the next.
awaitable<void> tell_when_some_were_lost(Trial& trial) {
  // More than any subscriber's buffer holds (README: fewer than 5,000 notices).
  constexpr int kFlood = 5'000;
  const Key a = trial.key("a");
  const Stream slow = co_await subscribe(trial, {a});
  for (int i = 0; i < kFlood; ++i) {
    co_await publish(trial, a, std::to_string(i));
  }
  co_await publish(trial, a, "end");
  int heard = 0;
  int wanted = 0;
  bool lost = false;
  bool ended = false;
  while (!ended && heard <= 2 * kFlood) {
    const std::string text = co_await hear(trial, slow);
    ++heard;
    if (text == "(lost)") {
      lost = true;
      // The flood is over, so nothing more is dropped once there is room for this one.
      co_await publish(trial, a, "end");
      wanted = -1;
    } else if (text == "a:end") {
      ended = true;
    } else {
      const int number = std::stoi(text.substr(2));
      trial.require(wanted < 0 ? number >= 0 : number == wanted,
                    "no message is missing, repeated or out of order without word of it");
      wanted = number + 1;
    }
  }
  trial.expect(ended, "messages arrive again after an overflow");
  trial.expect(lost, "a subscriber that does not listen is bounded, and overflow is told");
}

awaitable<void> keep_the_order_of_each_publisher(Trial& trial) {
  constexpr int kSteps = 20;
  const Key a = trial.key("a");
  const Stream stream = co_await subscribe(trial, {a});
  const auto publisher = [&](std::size_t number) -> awaitable<bool> {
    for (int step = 0; step < kSteps; ++step) {
      co_await publish(trial, a, std::to_string(number) + " " + std::to_string(step));
    }
    co_return true;
  };
  std::vector<awaitable<bool>> publishers;
  for (std::size_t i = 0; i < Trial::kThreads; ++i) {
    publishers.push_back(publisher(i));
  }
  co_await trial.together(std::move(publishers));
  std::vector<int> heard(Trial::kThreads, 0);
  for (std::size_t i = 0; i < Trial::kThreads * kSteps; ++i) {
    const std::string text = co_await hear(trial, stream);
    trial.require(text != "(lost)", "nothing is lost below any sensible bound");
    int& step = heard[static_cast<std::size_t>(std::stoi(text.substr(2)))];
    trial.equal(std::stoi(text.substr(text.find(' '))), step, "the next of its publisher");
    ++step;
  }
}

}  // namespace

std::vector<Check> message_checks() {
  constexpr auto kNeeds = &Capabilities::messages;
  return {
      {"Messages", "arrive_in_order_at_every_subscriber", kNeeds, arrive_in_order},
      {"Messages", "go_to_whoever_is_subscribed_now", kNeeds, go_to_whoever_is_subscribed_now},
      {"Messages", "wake_a_waiting_subscriber", kNeeds, wake_a_waiting_subscriber},
      {"Messages", "are_not_lost_by_a_timeout", kNeeds, are_not_lost_by_a_timeout},
      {"Messages", "are_not_lost_by_a_cancelled_wait", kNeeds, are_not_lost_by_a_cancelled_wait},
      {"Messages", "end_with_closed_when_the_store_closes", kNeeds,
       end_with_closed_when_the_store_closes},
      {"Messages", "tell_when_some_were_lost", kNeeds, tell_when_some_were_lost},
      {"Messages", "keep_the_order_of_each_publisher", kNeeds, keep_the_order_of_each_publisher},
  };
}

}  // namespace larder::testkit

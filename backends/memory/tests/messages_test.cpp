#include <string>
#include <thread>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "message_hub.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

using testkit::start;
using testkit::yield_until;

// What next() answers, in one word.
std::string told(const Result<Notice>& notice) {
  if (!notice) {
    return std::string(to_string(notice.error().code()));
  }
  const auto* message = std::get_if<Message>(&*notice);
  return message == nullptr
             ? "(lost)"
             : std::string(message->channel.id()) + "=" + std::string(message->payload.view());
}

std::string next(Store& store, Subscription& subscription) {
  return told(run(subscription.next(store.clock.in(1s))));
}

TEST(MemoryMessages, reach_the_subscribers_of_their_channel_in_order) {
  Store store;
  const std::vector<Key> one = {key("a")};
  const std::vector<Key> both = {key("a"), key("b"), key("a")};
  const auto first = store.subscribe(one);
  const auto second = store.subscribe(both);
  EXPECT_TRUE(store.publish("a", "1"));
  EXPECT_TRUE(store.publish("b", "2"));
  EXPECT_TRUE(store.publish("a", "3"));
  EXPECT_EQ(next(store, *first), "a=1");
  EXPECT_EQ(next(store, *first), "a=3");
  EXPECT_EQ(next(store, *second), "a=1");
  EXPECT_EQ(next(store, *second), "b=2");
  EXPECT_EQ(next(store, *second), "a=3");
}

TEST(MemoryMessages, nobody_listening_is_no_error) {
  Store store;
  EXPECT_TRUE(store.publish("a", "1"));
  const std::vector<Key> channels = {key("a")};
  {
    const auto gone = store.subscribe(channels);
  }
  EXPECT_TRUE(store.publish("a", "2"));
}

TEST(MemoryMessages, wake_a_waiting_subscriber) {
  Store store;
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  const auto scenario = [&]() -> awaitable<std::string> {
    auto waiting =
        start(co_await boost::asio::this_coro::executor, subscription->next(store.clock.in(1h)));
    const std::function<bool()> asleep = [&] { return store.clock.sleepers() == 1; };
    co_await yield_until(asleep);
    const Key channel = key("a");
    EXPECT_TRUE(co_await store.backend->publish(channel, Bytes::copy_of("1"), kNoDeadline));
    co_return told(co_await waiting.answer());
  };
  EXPECT_EQ(run(scenario()), "a=1");
  EXPECT_EQ(store.clock.sleepers(), 0U) << "the deadline's sleeper is left behind";
}

TEST(MemoryMessages, a_wait_ends_by_its_deadline_and_loses_nothing) {
  Store store;
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  const auto scenario = [&]() -> awaitable<std::string> {
    auto waiting =
        start(co_await boost::asio::this_coro::executor, subscription->next(store.clock.in(100ms)));
    const std::function<bool()> asleep = [&] { return store.clock.sleepers() == 1; };
    co_await yield_until(asleep);
    store.clock.advance(100ms);
    co_return told(co_await waiting.answer());
  };
  EXPECT_EQ(run(scenario()), "timeout");
  store.publish("a", "1");
  EXPECT_EQ(told(run(subscription->next(store.clock.now()))), "timeout") << "a deadline of now";
  EXPECT_EQ(next(store, *subscription), "a=1");
}

TEST(MemoryMessages, a_cancelled_wait_ends_and_loses_nothing) {
  Store store;
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  const auto scenario = [&]() -> awaitable<std::string> {
    auto waiting =
        start(co_await boost::asio::this_coro::executor, subscription->next(store.clock.in(1h)));
    const std::function<bool()> asleep = [&] { return store.clock.sleepers() == 1; };
    co_await yield_until(asleep);
    waiting.cancel();
    co_return told(co_await waiting.answer());
  };
  EXPECT_EQ(run(scenario()), "cancelled");
  EXPECT_EQ(store.clock.sleepers(), 0U);
  store.publish("a", "1");
  EXPECT_EQ(next(store, *subscription), "a=1");
}

TEST(MemoryMessages, close_ends_a_wait) {
  Store store;
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  const auto scenario = [&]() -> awaitable<std::string> {
    auto waiting =
        start(co_await boost::asio::this_coro::executor, subscription->next(kNoDeadline));
    co_await store.backend->close();
    co_return told(co_await waiting.answer());
  };
  EXPECT_EQ(run(scenario()), "closed");
  EXPECT_EQ(next(store, *subscription), "closed");
}

TEST(MemoryMessages, a_subscription_may_outlive_the_backend) {
  testkit::FakeClock clock;
  std::unique_ptr<Subscription> subscription;
  {
    const auto backend = std::move(*MemoryCacheBackend::make(clock, {}));
    const std::vector<Key> channels = {key("a")};
    subscription = std::move(*run(backend->subscribe(channels, kNoDeadline)));
    run(backend->close());
  }
  EXPECT_EQ(told(run(subscription->next(kNoDeadline))), "closed");
}

TEST(MemoryMessages, a_slow_subscriber_is_told_where_it_missed_some) {
  Store store;
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  for (std::size_t i = 0; i < MessageHub::kWaitingMax + 5; ++i) {
    store.publish("a", std::to_string(i));
  }
  for (std::size_t i = 0; i < MessageHub::kWaitingMax; ++i) {
    ASSERT_EQ(next(store, *subscription), "a=" + std::to_string(i));
  }
  store.publish("a", "later");
  EXPECT_EQ(next(store, *subscription), "(lost)");
  EXPECT_EQ(next(store, *subscription), "a=later");
}

TEST(MemoryMessages, waiting_messages_are_bounded_in_bytes) {
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  Store store(kBytes);
  const std::vector<Key> channels = {key("a")};
  const auto subscription = store.subscribe(channels);
  for (int i = 0; i < 100; ++i) {
    store.publish("a", std::string(10'000, 'x'));
  }
  EXPECT_LT(*store.stats().bytes, kBytes / 16 + 1000);
  std::string last;
  int received = 0;
  while ((last = next(store, *subscription)) != "(lost)") {
    ++received;
  }
  EXPECT_GT(received, 10);
}

TEST(MemoryMessages, subscriptions_are_bounded_and_their_room_comes_back) {
  Store store(std::size_t{2} << 20);
  const std::vector<Key> channels = {key("a")};
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  Errc refusal{};
  while (refusal == Errc{}) {
    auto made = run(store.backend->subscribe(channels, kNoDeadline));
    if (made) {
      subscriptions.push_back(std::move(*made));
    } else {
      refusal = made.error().code();
    }
  }
  EXPECT_EQ(refusal, Errc::storage_full);
  subscriptions.clear();
  EXPECT_TRUE(run(store.backend->subscribe(channels, kNoDeadline)));
  EXPECT_EQ(run(store.backend->subscribe({}, kNoDeadline)).error().code(), Errc::invalid_argument);
}

// The publishers run on other threads than the subscriber, which waits for each message.
TEST(MemoryMessages, cross_threads_in_the_order_of_each_publisher) {
  Store store;
  const std::vector<Key> channels = {key("0"), key("1")};
  const auto subscription = store.subscribe(channels);
  constexpr int kEach = 400;
  const auto publisher = [&](std::string channel) -> awaitable<bool> {
    const Key name = key(channel);
    for (int i = 0; i < kEach; ++i) {
      const auto sent =
          co_await store.backend->publish(name, Bytes(std::to_string(i)), kNoDeadline);
      EXPECT_TRUE(sent);
    }
    co_return true;
  };
  const auto subscriber = [&]() -> awaitable<bool> {
    std::vector<int> expected(2, 0);
    for (int i = 0; i < 2 * kEach; ++i) {
      const auto notice = co_await subscription->next(store.clock.in(1h));
      const auto& message = std::get<Message>(*notice);
      int& place = expected[message.channel == channels[0] ? 0 : 1];
      EXPECT_EQ(message.payload.view(), std::to_string(place));
      ++place;
    }
    co_return true;
  };
  std::vector<awaitable<bool>> works;
  works.push_back(subscriber());
  works.push_back(publisher("0"));
  works.push_back(publisher("1"));
  EXPECT_EQ(testkit::run_together(std::move(works), 3), std::vector<bool>(3, true));
}

}  // namespace
}  // namespace larder::memory

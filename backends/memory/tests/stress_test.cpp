// Several threads at once on few keys, for ThreadSanitizer, with what must hold afterwards.
#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <larder/clock.hpp>

#include "bounds.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

constexpr int kThreads = 4;

void together(const std::function<void(int)>& work) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&work, thread] { work(thread); });
  }
}

TEST(MemoryStress, counters_lose_nothing) {
  Store store;
  constexpr int kEach = 500;
  together([&](int) {
    for (int i = 0; i < kEach; ++i) {
      store.add("n" + std::to_string(i % 3), 1);
    }
  });
  std::int64_t sum = 0;
  for (int i = 0; i < 3; ++i) {
    sum += *store.add("n" + std::to_string(i), 0);
  }
  EXPECT_EQ(sum, kThreads * kEach);
}

TEST(MemoryStress, a_version_is_replaced_by_one_thread_only) {
  Store store;
  store.put(entry("a", "0"));
  constexpr int kEach = 300;
  std::atomic<int> won{0};
  together([&](int) {
    for (int i = 0; i < kEach; ++i) {
      const auto found = store.get("a");
      const int number = std::stoi(std::string(found->entry->value()));
      won += store.put(entry("a", std::to_string(number + 1)), IfVersion{found->version})->stored;
    }
  });
  EXPECT_EQ(store.text("a"), std::to_string(won));
}

TEST(MemoryStress, one_thread_at_a_time_holds_a_lease) {
  Store store;
  std::atomic<int> holders{0};
  std::atomic<int> loads{0};
  std::vector<std::set<LeaseToken>> tokens(kThreads);
  together([&](int thread) {
    for (int i = 0; i < 300; ++i) {
      const auto answer = store.lease("a");
      if (answer->state != LeaseState::granted) {
        continue;
      }
      EXPECT_EQ(holders.fetch_add(1), 0);
      tokens[static_cast<std::size_t>(thread)].insert(answer->token);
      ++loads;
      holders.fetch_sub(1);
      EXPECT_TRUE(*store.release("a", answer->token));
    }
  });
  std::set<LeaseToken> all;
  for (auto& some : tokens) {
    all.merge(some);
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(loads)) << "a token was granted twice";
}

TEST(MemoryStress, a_quota_gives_its_burst_and_no_more) {
  Store store;
  std::atomic<int> allowed{0};
  together([&](int) {
    for (int i = 0; i < 200; ++i) {
      allowed += store.take("q", {.burst = 100, .period = 1h})->allowed;
    }
  });
  EXPECT_EQ(allowed, 100);
}

TEST(MemoryStress, events_of_one_log_are_dense) {
  Store store;
  std::vector<std::vector<std::uint64_t>> seen(kThreads);
  together([&](int thread) {
    for (int i = 0; i < 200; ++i) {
      seen[static_cast<std::size_t>(thread)].push_back(store.append("log", "x")->sequence);
    }
  });
  std::vector<std::uint64_t> all;
  for (const auto& some : seen) {
    EXPECT_TRUE(std::ranges::is_sorted(some));
    all.insert(all.end(), some.begin(), some.end());
  }
  std::ranges::sort(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i], i + 1);
  }
}

TEST(MemoryStress, everything_at_once_stays_bounded_and_whole) {
  constexpr std::size_t kBytes = std::size_t{2} << 20;
  testkit::FakeClock clock;
  const auto backend = std::move(*MemoryCacheBackend::make(clock, {.bytes_max = kBytes}));
  const auto watch = std::move(*run(backend->watch(kNoDeadline)));
  const auto worker = [&](unsigned thread) -> awaitable<bool> {
    std::minstd_rand random(thread + 1);
    const std::vector<Key> channel = {key("channel")};
    const auto subscription = co_await backend->subscribe(channel, kNoDeadline);
    for (int i = 0; i < 1500; ++i) {
      const std::string id = std::to_string(random() % 500);
      const std::vector<Key> keys = {key(id)};
      // The value repeats its key, so that a mix-up would be seen.
      std::string value;
      for (std::size_t times = random() % 500; times > 0; --times) {
        value += id + ",";
      }
      const std::vector<PutItem> items = {
          {.entry = entry(id, std::move(value), {.fresh = milliseconds(random() % 30)})}};
      const std::vector<LeaseRequest> requests = {{.key = keys.front(), .hold = 5ms}};
      const std::vector<TouchItem> touches = {{.key = keys.front(), .fresh = 9ms}};
      switch (random() % 9) {
        case 0:
          EXPECT_TRUE((co_await backend->put(items, kNoDeadline)).front());
          break;
        case 1:
          EXPECT_TRUE((co_await backend->erase(keys, kNoDeadline)).front());
          break;
        case 2:
          EXPECT_TRUE((co_await backend->touch(touches, kNoDeadline)).front());
          break;
        case 3:
          EXPECT_TRUE((co_await backend->read_or_lease(requests, kNoDeadline)).front());
          break;
        case 4:
          EXPECT_TRUE((co_await backend->bump(keys, kNoDeadline)).front());
          break;
        case 5:
          EXPECT_TRUE(co_await backend->publish(channel.front(), Bytes(id), kNoDeadline));
          EXPECT_TRUE(co_await (*subscription)->next(clock.now() + 1h));
          break;
        case 6:
          clock.advance(1ms);
          EXPECT_LE(*backend->stats().bytes, kBytes);
          break;
        default:
          if (const auto found = backend->find(keys.front())) {
            const std::string_view text = found->entry->value();
            EXPECT_TRUE(text.empty() || text.starts_with(id + ","));
            EXPECT_EQ(found->entry->key(), keys.front());
          }
      }
    }
    co_return true;
  };
  std::vector<awaitable<bool>> works;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    works.push_back(worker(thread));
  }
  EXPECT_EQ(testkit::run_together(std::move(works), kThreads), std::vector<bool>(kThreads, true));
  EXPECT_TRUE(run(watch->next(clock.now() + 1ms)));
  run(backend->close());
}

// One executor with several threads and no strand: a wake-up, a deadline and the start of
// the next wait meet on different threads.
TEST(MemoryStress, waits_on_a_pool_of_threads_wake_for_each_message) {
  const auto backend = std::move(*MemoryCacheBackend::make(system_clock(), {}));
  const std::vector<Key> channel = {key("channel")};
  constexpr int kMessages = 200;
  std::atomic<int> received{0};
  const auto subscriber = [&](std::unique_ptr<Subscription> subscription) -> awaitable<void> {
    for (int got = 0; got < kMessages;) {
      const auto notice = co_await subscription->next(system_clock().in(1ms));
      got += notice.has_value();
      received += notice.has_value();
    }
  };
  boost::asio::thread_pool pool(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    auto subscription = std::move(*run(backend->subscribe(channel, kNoDeadline)));
    boost::asio::co_spawn(pool, subscriber(std::move(subscription)),
                          [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  }
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_TRUE(run(backend->publish(channel.front(), Bytes(std::to_string(i)), kNoDeadline)));
  }
  pool.join();
  EXPECT_EQ(received, kThreads * kMessages);
  run(backend->close());
}

// The system clock's sleeper races the wake-up here.
TEST(MemoryStress, short_deadlines_and_messages_race_without_loss) {
  const auto backend = std::move(*MemoryCacheBackend::make(system_clock(), {}));
  const std::vector<Key> channel = {key("channel")};
  const auto subscription = std::move(*run(backend->subscribe(channel, kNoDeadline)));
  constexpr int kMessages = 500;
  const auto subscriber = [&]() -> awaitable<bool> {
    int received = 0;
    while (received < kMessages) {
      const auto notice = co_await subscription->next(system_clock().in(1ms));
      if (notice) {
        EXPECT_EQ(std::get<Message>(*notice).payload.view(), std::to_string(received));
        ++received;
      } else {
        EXPECT_EQ(notice.error().code(), Errc::timeout);
      }
    }
    co_return true;
  };
  const auto publisher = [&]() -> awaitable<bool> {
    for (int i = 0; i < kMessages; ++i) {
      EXPECT_TRUE(
          co_await backend->publish(channel.front(), Bytes(std::to_string(i)), kNoDeadline));
      co_await system_clock().sleep_until(system_clock().in(milliseconds(i % 3)));
    }
    co_return true;
  };
  std::vector<awaitable<bool>> works;
  works.push_back(subscriber());
  works.push_back(publisher());
  EXPECT_EQ(testkit::run_together(std::move(works), 2), std::vector<bool>(2, true));
  run(backend->close());
}

}  // namespace
}  // namespace larder::memory

// Callers on several threads, each with its own io_context. Worth most under
// ThreadSanitizer.
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "cache_fixture.hpp"

namespace larder {
namespace {

constexpr std::size_t kThreads = 4;

class Threads : public CacheFixture {
 public:
  // As one that other processes see, but without leases.
  void move_store_far() {
    Capabilities far = store.capabilities();
    far.shared = true;
    store.set_capabilities(far);
  }
};

TEST_F(Threads, waiters_on_other_threads_share_one_load) {
  constexpr std::size_t kCallers = 400;
  origin.takes = 1s;
  std::vector<awaitable<Result<Answer>>> works;
  for (std::size_t i = 0; i < kCallers; ++i) {
    works.push_back(loading());
  }
  // The last work ends the load once all wait.
  works.push_back([](Threads& test, std::size_t callers) -> awaitable<Result<Answer>> {
    co_await yield_until([&] { return test.cache.stats().coalesced == callers - 1; });
    co_await yield_until([&] { return test.clock.sleepers() == 2; });
    test.clock.advance(1s);
    co_return Answer{.value = bytes("sunny")};
  }(*this, kCallers));
  for (const auto& answer : testkit::run_together(std::move(works), kThreads)) {
    EXPECT_EQ(text_of(answer), "sunny");
  }
  EXPECT_EQ(origin.loads, 1);
}

awaitable<Result<Answer>> counted(awaitable<Result<Answer>> call, std::atomic<std::size_t>& ended) {
  auto answer = co_await std::move(call);
  ++ended;
  co_return answer;
}

// Ends the load once all wait for it, and moves time until every caller has its answer.
awaitable<Result<Answer>> end_stampede(Threads& test, Cache& other, std::size_t callers,
                                       std::atomic<std::size_t>& ended) {
  co_await yield_until([&] {
    return test.cache.stats().coalesced + other.stats().coalesced == callers - 2 &&
           test.cache.stats().lease_waits + other.stats().lease_waits == 1 &&
           test.origin.loads == 1;
  });
  test.clock.advance(1s);
  // Not a step before: in the time of the test a thread may sleep for longer than a lease holds.
  co_await yield_until([&] { return test.store.entry(test.key) != nullptr; });
  const Executor executor = co_await boost::asio::this_coro::executor;
  while (ended < callers) {
    test.clock.advance(1ms);
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  co_return Answer{.value = bytes("sunny")};
}

TEST_F(Threads, ten_thousand_callers_of_two_nodes_cause_one_load) {
  constexpr std::size_t kCallers = 10'000;
  store.share();
  origin.takes = 1s;
  policy.load_deadline = 1h;
  policy.ttl = 24h;
  Cache other(store, clock, log);
  std::atomic<std::size_t> ended{0};
  std::vector<awaitable<Result<Answer>>> works;
  for (std::size_t i = 0; i < kCallers; ++i) {
    Cache& node = i % 2 == 0 ? cache : other;
    works.push_back(counted(node.get_or_load(key, policy, origin.loader()), ended));
  }
  works.push_back(end_stampede(*this, other, kCallers, ended));
  for (const auto& answer : testkit::run_together(std::move(works), kThreads)) {
    EXPECT_EQ(text_of(answer), "sunny");
  }
  EXPECT_EQ(origin.loads, 1);
  EXPECT_EQ(cache.stats().loads + other.stats().loads, 1U);
  run(other.close());
}

// One caller that wakes where it began.
awaitable<bool> resumes_on_its_own_thread(Threads& test, awaitable<Result<Answer>> call) {
  const auto thread = std::this_thread::get_id();
  const auto answer = co_await std::move(call);
  co_return answer.has_value() && std::this_thread::get_id() == thread&& test.origin.loads > 0;
}

TEST_F(Threads, each_waiter_resumes_on_its_own_executor) {
  std::vector<awaitable<bool>> works;
  for (int i = 0; i < 100; ++i) {
    works.push_back(resumes_on_its_own_thread(*this, loading()));
  }
  for (const bool own : testkit::run_together(std::move(works), kThreads)) {
    EXPECT_TRUE(own);
  }
}

// Without a strand: only what the callers share is the cache's to guard.
TEST_F(Threads, callers_on_a_thread_pool_share_one_load) {
  constexpr std::size_t kCallers = 200;
  origin.takes = 1s;
  boost::asio::thread_pool pool(kThreads);
  std::vector<std::future<Result<Answer>>> answers;
  for (std::size_t i = 0; i < kCallers; ++i) {
    answers.push_back(boost::asio::co_spawn(pool, loading(), boost::asio::use_future));
  }
  run(yield_until([&] { return cache.stats().coalesced == kCallers - 1; }));
  run(yield_until([&] { return clock.sleepers() == 2; }));
  clock.advance(1s);
  for (auto& answer : answers) {
    EXPECT_EQ(text_of(answer.get()), "sunny");
  }
  run(cache.close());
  pool.join();
  EXPECT_EQ(origin.loads, 1);
}

// Loads, invalidates, erases, cancels and expires a few keys as fast as it can.
awaitable<int> stir(Threads& test, std::uint32_t seed) {
  const auto executor = co_await boost::asio::this_coro::executor;
  int answers = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    seed = seed * 1664525 + 1013904223;
    const Key key = Key::literal("weather", std::to_string((seed >> 8) % 3));
    switch ((seed >> 16) % 8) {
      case 0:
        (void)co_await test.cache.erase(key, kNoDeadline);
        break;
      case 1:
        (void)co_await test.cache.invalidate(std::span(&test.tag, 1), kNoDeadline);
        break;
      case 2:
        (void)co_await test.cache.expire(key, kNoDeadline);
        break;
      case 3: {
        auto call = start(executor, test.cache.get_or_load(key, test.policy, test.origin.loader()));
        const std::size_t calls = test.store.calls(Verb::get);
        co_await yield_until([&] { return call.ended() || test.store.calls(Verb::get) > calls; });
        if (!call.ended()) {
          call.cancel();
        }
        (void)co_await call.answer();
        break;
      }
      default: {
        const auto answer = co_await test.cache.get_or_load(key, test.policy, test.origin.loader());
        answers += answer.has_value() ? 1 : 0;
      }
    }
  }
  co_return answers;
}

void stir_from_all_threads(Threads& test) {
  test.policy.tags = {test.tag};
  test.policy.stale_if_error = 1h;
  std::vector<awaitable<int>> works;
  for (std::uint32_t i = 0; i < 2 * kThreads; ++i) {
    works.push_back(stir(test, i));
  }
  for (const int answers : testkit::run_together(std::move(works), kThreads)) {
    EXPECT_GT(answers, 100);
  }
  run(test.cache.close());
}

TEST_F(Threads, everything_at_once_answers_every_caller) { stir_from_all_threads(*this); }

TEST_F(Threads, everything_at_once_over_a_far_store_answers_every_caller) {
  move_store_far();
  stir_from_all_threads(*this);
}

// Here the question for the epochs runs beside its caller, on another thread.
TEST_F(Threads, callers_on_a_thread_pool_ask_a_far_store_two_things_at_once) {
  constexpr std::size_t kCallers = 400;
  move_store_far();
  policy.tags = {tag};
  boost::asio::thread_pool pool(kThreads);
  std::vector<std::future<Result<Answer>>> answers;
  std::vector<std::future<Result<void>>> invalidations;
  for (std::size_t i = 0; i < kCallers; ++i) {
    answers.push_back(boost::asio::co_spawn(pool, loading(), boost::asio::use_future));
    if (i % 10 == 0) {
      invalidations.push_back(boost::asio::co_spawn(
          pool, cache.invalidate(std::span(&tag, 1), kNoDeadline), boost::asio::use_future));
    }
  }
  for (auto& answer : answers) {
    EXPECT_EQ(text_of(answer.get()), "sunny");
  }
  for (auto& invalidation : invalidations) {
    EXPECT_TRUE(invalidation.get());
  }
  run(cache.close());
  pool.join();
}

TEST_F(Threads, close_on_one_thread_ends_the_waiters_of_all) {
  origin.takes = 1h;
  std::vector<awaitable<Result<Answer>>> works;
  for (int i = 0; i < 40; ++i) {
    works.push_back(loading());
  }
  works.push_back([](Threads& test) -> awaitable<Result<Answer>> {
    co_await yield_until([&] { return test.cache.stats().coalesced == 39; });
    co_await test.cache.close();
    co_return larder::fail(Errc::closed, "itself");
  }(*this));
  for (const auto& answer : testkit::run_together(std::move(works), kThreads)) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Errc::closed);
  }
}

}  // namespace
}  // namespace larder

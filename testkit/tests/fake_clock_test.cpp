#include <larder/testkit/fake_clock.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>

#include <larder/testkit/run.hpp>

namespace larder::testkit {
namespace {

using std::chrono::milliseconds;

awaitable<bool> sleep_for(FakeClock& clock, milliseconds span) {
  co_return co_await clock.sleep_until(clock.in(span));
}

awaitable<void> sleepers_are(FakeClock& clock, std::size_t count) {
  const std::function<bool()> done = [&clock, count] { return clock.sleepers() == count; };
  co_await yield_until(done);
}

TEST(FakeClock, stands_still_until_it_is_moved) {
  FakeClock clock;
  const SteadyTime before = clock.now();
  const WallTime wall_before = clock.wall();
  EXPECT_EQ(clock.now(), before);
  clock.advance(milliseconds(5));
  EXPECT_EQ(clock.now() - before, milliseconds(5));
  EXPECT_EQ(clock.wall() - wall_before, milliseconds(5));
}

TEST(FakeClock, does_not_sleep_when_the_time_has_passed) {
  FakeClock clock;
  EXPECT_TRUE(run(clock.sleep_until(clock.now())));
  EXPECT_EQ(clock.sleepers(), 0U);
}

awaitable<void> wakes_who_is_due(FakeClock& clock) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto early = start(executor, sleep_for(clock, milliseconds(10)));
  auto late = start(executor, sleep_for(clock, milliseconds(11)));
  co_await sleepers_are(clock, 2);
  clock.advance(milliseconds(9));
  EXPECT_FALSE(early.ended());
  clock.advance(milliseconds(1));
  EXPECT_TRUE(co_await early.answer());
  EXPECT_FALSE(late.ended());
  EXPECT_EQ(clock.sleepers(), 1U);
  clock.advance(milliseconds(1));
  EXPECT_TRUE(co_await late.answer());
  EXPECT_EQ(clock.sleepers(), 0U);
}

TEST(FakeClock, wakes_those_whose_time_has_come_and_no_others) {
  FakeClock clock;
  run(wakes_who_is_due(clock));
}

awaitable<void> answers_false_on_cancel(FakeClock& clock) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto sleeper = start(executor, sleep_for(clock, milliseconds(10)));
  co_await sleepers_are(clock, 1);
  sleeper.cancel();
  EXPECT_FALSE(co_await sleeper.answer());
  EXPECT_EQ(clock.sleepers(), 0U);
}

TEST(FakeClock, answers_false_to_a_cancelled_sleeper) {
  FakeClock clock;
  run(answers_false_on_cancel(clock));
}

TEST(FakeClock, forgets_a_sleeper_whose_coroutine_is_destroyed) {
  FakeClock clock;
  {
    boost::asio::io_context context;
    const Started<bool> sleeper(context.get_executor(), sleep_for(clock, milliseconds(10)));
    context.poll();
    EXPECT_EQ(clock.sleepers(), 1U);
  }
  EXPECT_EQ(clock.sleepers(), 0U);
  clock.advance(milliseconds(10));
}

TEST(FakeClock, may_die_before_its_sleepers) {
  boost::asio::io_context context;
  auto clock = std::make_unique<FakeClock>();
  const Started<bool> sleeper(context.get_executor(), sleep_for(*clock, milliseconds(10)));
  context.poll();
  clock.reset();
  context.poll();
  EXPECT_FALSE(sleeper.ended());
}

TEST(FakeClock, wakes_every_sleeper_of_several_threads) {
  constexpr std::size_t kSleepers = 200;
  FakeClock clock;
  std::atomic<bool> all_awake{false};
  const std::jthread mover([&] {
    while (!all_awake) {
      clock.advance(milliseconds(1));
    }
  });
  std::vector<awaitable<bool>> works;
  for (std::size_t i = 0; i < kSleepers; ++i) {
    works.push_back(sleep_for(clock, milliseconds(1 + i % 7)));
  }
  const std::vector<bool> answers = run_together(std::move(works), 4);
  all_awake = true;
  EXPECT_EQ(answers, std::vector<bool>(kSleepers, true));
  EXPECT_EQ(clock.sleepers(), 0U);
}

}  // namespace
}  // namespace larder::testkit

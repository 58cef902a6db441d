#include <larder/testkit/run.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>

namespace larder::testkit {
namespace {

awaitable<std::unique_ptr<std::string>> say(std::string text) {
  co_return std::make_unique<std::string>(std::move(text));
}

awaitable<int> throws() {
  throw std::logic_error("on purpose");
  co_return 0;
}

awaitable<std::thread::id> where_am_i() { co_return std::this_thread::get_id(); }

TEST(Run, answers_what_the_coroutine_answers) { EXPECT_EQ(*run(say("hello")), "hello"); }

TEST(Run, throws_what_the_coroutine_throws) { EXPECT_THROW(run(throws()), std::logic_error); }

TEST(Run, spreads_several_coroutines_over_the_threads) {
  std::vector<awaitable<std::thread::id>> works;
  for (int i = 0; i < 6; ++i) {
    works.push_back(where_am_i());
  }
  const std::vector<std::thread::id> ids = run_together(std::move(works), 3);
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 3U);
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  EXPECT_EQ(ids[1], ids[4]);
}

awaitable<void> joins_a_thrower() {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto started = start(executor, throws());
  bool thrown = false;
  try {
    EXPECT_EQ(co_await started.answer(), 0);
  } catch (const std::logic_error&) {
    thrown = true;
  }
  EXPECT_TRUE(thrown);
  EXPECT_TRUE(started.ended());
}

TEST(Run, hands_the_exception_of_a_started_coroutine_to_who_waits_for_it) {
  run(joins_a_thrower());
}

awaitable<int> leaves_one_running(std::shared_ptr<int> held) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto never = [](std::shared_ptr<int> kept) -> awaitable<int> {
    const std::function<bool()> done = [] { return false; };
    co_await yield_until(done);
    co_return *kept;
  };
  const auto left = start(executor, never(held));
  co_return *held;
}

TEST(Run, ends_with_its_coroutine_and_destroys_what_still_runs) {
  const auto held = std::make_shared<int>(7);
  EXPECT_EQ(run(leaves_one_running(held)), 7);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace larder::testkit

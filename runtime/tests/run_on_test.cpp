#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <larder/error.hpp>

#include <larder/runtime/runtime.hpp>

namespace larder {
namespace {

namespace asio = boost::asio;

awaitable<std::thread::id> this_thread() { co_return std::this_thread::get_id(); }

// No default constructor, and no copy.
struct Parcel {
  explicit Parcel(int n) : number(std::make_unique<int>(n)) {}
  std::unique_ptr<int> number;
};

awaitable<Parcel> make_parcel(int number) { co_return Parcel(number); }

awaitable<int> fail_with(std::string what) {
  throw std::runtime_error(what);
  co_return 0;
}

class RunOn : public testing::Test {
 public:
  ~RunOn() override { runtime_.stop(); }
  asio::any_io_executor there() { return runtime_.executor(1); }
  // Runs on executor 0, so that executor 1 is another thread.
  void run(awaitable<void> work) {
    auto home = [](asio::any_io_executor executor, awaitable<void> job) -> awaitable<void> {
      co_await run_on(std::move(executor), std::move(job));
    };
    runtime_.run("test", home(runtime_.executor(0), std::move(work)));
  }

  Runtime runtime_{2, null_log()};
};

TEST_F(RunOn, runs_the_work_there_and_resumes_the_caller_here) {
  auto body = [](RunOn& test) -> awaitable<void> {
    const auto here = std::this_thread::get_id();
    const auto there = co_await run_on(test.there(), this_thread());
    EXPECT_NE(there, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
  };
  run(body(*this));
}

TEST_F(RunOn, lets_go_of_the_caller_before_it_resumes_it) {
  // Each caller's io_context dies as soon as the caller has its answer; the sanitizers see
  // whether the other thread still touches it.
  constexpr int kCallers = 2000;
  int answered = 0;
  for (int caller = 0; caller < kCallers; ++caller) {
    const auto context = std::make_unique<asio::io_context>(1);
    asio::co_spawn(
        *context,
        [](RunOn& test, asio::io_context& own, int& count) -> awaitable<void> {
          static_cast<void>(co_await run_on(test.there(), this_thread()));
          ++count;
          own.stop();
        }(*this, *context, answered),
        [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    context->run();
  }
  EXPECT_EQ(answered, kCallers);
}

TEST_F(RunOn, just_awaits_when_the_caller_is_there_already) {
  auto body = [](RunOn& test) -> awaitable<void> {
    const auto nested = co_await run_on(test.runtime_.executor(0), this_thread());
    EXPECT_EQ(nested, std::this_thread::get_id());
  };
  run(body(*this));
}

TEST_F(RunOn, hands_over_values_that_only_move) {
  auto body = [](RunOn& test) -> awaitable<void> {
    const Parcel parcel = co_await run_on(test.there(), make_parcel(41));
    EXPECT_EQ(*parcel.number, 41);
  };
  run(body(*this));
}

TEST_F(RunOn, rethrows_on_the_callers_thread) {
  auto body = [](RunOn& test) -> awaitable<void> {
    const auto here = std::this_thread::get_id();
    std::string what;
    try {
      (void)co_await run_on(test.there(), fail_with("broken"));
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "broken");
    EXPECT_EQ(std::this_thread::get_id(), here);
  };
  run(body(*this));
}

// Sleeps without end; tells that it has begun, and how it ended.
awaitable<bool> sleep_long(asio::cancellation_signal& parent, asio::any_io_executor parent_home) {
  asio::post(parent_home, [&parent] { parent.emit(asio::cancellation_type::terminal); });
  const auto whole = co_await system_clock().sleep_until(system_clock().in(milliseconds(600'000)));
  co_return whole;
}

TEST_F(RunOn, forwards_cancellation_to_the_work) {
  asio::io_context home(1);
  asio::cancellation_signal signal;
  std::optional<bool> slept;
  auto body = [](RunOn& test, asio::cancellation_signal& own, asio::io_context& own_home,
                 std::optional<bool>& out) -> awaitable<void> {
    out = co_await run_on(test.there(), sleep_long(own, own_home.get_executor()));
  };
  const auto slot = signal.slot();
  std::exception_ptr escaped;
  asio::co_spawn(home, body(*this, signal, home, slept),
                 asio::bind_cancellation_slot(
                     slot, [&escaped](std::exception_ptr raised) { escaped = raised; }));
  home.run();
  EXPECT_FALSE(escaped);
  ASSERT_TRUE(slept.has_value());
  EXPECT_FALSE(*slept);
}

TEST_F(RunOn, survives_a_cancellation_that_arrives_as_the_work_ends) {
  for (int round = 0; round < 200; ++round) {
    asio::io_context home(1);
    asio::cancellation_signal signal;
    bool resumed = false;
    auto body = [](RunOn& test, asio::cancellation_signal& own, asio::io_context& own_home,
                   bool& out) -> awaitable<void> {
      asio::post(own_home, [&own] { own.emit(asio::cancellation_type::terminal); });
      (void)co_await run_on(test.there(), this_thread());
      out = true;
    };
    const auto slot = signal.slot();
    asio::co_spawn(home, body(*this, signal, home, resumed),
                   asio::bind_cancellation_slot(slot, [](std::exception_ptr) {}));
    home.run();
    EXPECT_TRUE(resumed);
  }
}

}  // namespace
}  // namespace larder

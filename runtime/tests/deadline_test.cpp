#include <gtest/gtest.h>

#include <functional>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/runtime/deadline.hpp>

namespace larder {
namespace {

namespace asio = boost::asio;

constexpr milliseconds kNever{600'000};

// A clock whose sleepers wake when ring() is called, on one io_context.
class BellClock final : public Clock {
 public:
  explicit BellClock(asio::io_context& io) : timer_(io, SteadyTime::max()) {}
  SteadyTime now() const noexcept override { return now_; }
  WallTime wall() const noexcept override { return WallTime{}; }
  awaitable<bool> sleep_until(SteadyTime when) override {
    ++sleepers;
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    --sleepers;
    co_return now_ >= when;
  }
  void ring() {
    now_ += kNever;
    timer_.cancel();
  }

  int sleepers = 0;

 private:
  SteadyTime now_{};
  asio::steady_timer timer_;
};

awaitable<Result<int>> answer(int value) { co_return value; }

// Asio's own style: throws operation_aborted when cancelled.
awaitable<Result<int>> wait_throwing() {
  asio::steady_timer timer(co_await asio::this_coro::executor, kNever);
  co_await timer.async_wait(asio::use_awaitable);
  co_return 1;
}

// Ours: answers Errc::cancelled, or what it is told to.
awaitable<Result<int>> wait_for_cancel(Result<int> then) {
  asio::steady_timer timer(co_await asio::this_coro::executor, kNever);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return then;
}

awaitable<Result<int>> throw_at_once() {
  throw std::runtime_error("broken");
  co_return 1;
}

class WithDeadline : public testing::Test {
 protected:
  // Runs it alone; rings the clock once the deadline sleeps, when `ring` is asked for.
  Result<int> run(awaitable<Result<int>> work, Deadline deadline) {
    Result<int> out = fail(Errc::closed, "never ran");
    auto body = [](WithDeadline& test, awaitable<Result<int>> job, Deadline until,
                   Result<int>& into) -> awaitable<void> {
      into = co_await with_deadline(test.clock_, until, "job", std::move(job));
    };
    std::exception_ptr escaped;
    asio::co_spawn(
        io_, body(*this, std::move(work), deadline, out),
        asio::bind_cancellation_slot(signal_.slot(), [&](std::exception_ptr e) { escaped = e; }));
    while (clock_.sleepers == 0 && io_.run_one() != 0) {
    }
    if (on_asleep_) {
      asio::post(io_, on_asleep_);
    }
    io_.run();
    if (escaped) {
      std::rethrow_exception(escaped);
    }
    return out;
  }
  Result<int> run_and_ring(awaitable<Result<int>> work) {
    on_asleep_ = [this] { clock_.ring(); };
    return run(std::move(work), clock_.in(milliseconds(10)));
  }

  asio::io_context io_{1};
  BellClock clock_{io_};
  asio::cancellation_signal signal_;
  std::function<void()> on_asleep_;
};

TEST_F(WithDeadline, answers_what_the_work_answers_and_ends_the_sleep) {
  const auto result = run(answer(7), clock_.in(milliseconds(10)));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(clock_.sleepers, 0);
}

TEST_F(WithDeadline, answers_timeout_when_the_work_is_late) {
  const auto result = run_and_ring(wait_for_cancel(fail(Errc::cancelled, "gone")));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Errc::timeout);
  EXPECT_EQ(result.error().context(), "job");
}

TEST_F(WithDeadline, answers_timeout_when_late_work_throws_its_cancellation) {
  const auto result = run_and_ring(wait_throwing());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Errc::timeout);
}

TEST_F(WithDeadline, keeps_a_value_that_came_with_the_deadline) {
  const auto result = run_and_ring(wait_for_cancel(9));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 9);
}

TEST_F(WithDeadline, keeps_an_error_that_says_more_than_cancelled) {
  const auto result = run_and_ring(wait_for_cancel(fail(Errc::unavailable, "written, no answer")));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Errc::unavailable);
}

TEST_F(WithDeadline, does_nothing_when_the_deadline_has_passed) {
  const auto result = run(throw_at_once(), clock_.now());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Errc::timeout);
}

TEST_F(WithDeadline, does_not_look_at_the_clock_without_a_deadline) {
  const auto result = run(answer(7), Deadline::max());
  EXPECT_TRUE(result.has_value());
}

TEST_F(WithDeadline, rethrows_what_the_work_throws_at_once) {
  EXPECT_THROW((void)run(throw_at_once(), clock_.in(milliseconds(10))), std::runtime_error);
  EXPECT_EQ(clock_.sleepers, 0);
}

TEST_F(WithDeadline, answers_cancelled_when_the_caller_is_cancelled) {
  on_asleep_ = [this] { signal_.emit(asio::cancellation_type::terminal); };
  const auto result = run(wait_throwing(), clock_.in(milliseconds(10)));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Errc::cancelled);
}

TEST_F(WithDeadline, passes_on_what_the_work_answers_to_the_callers_cancellation) {
  on_asleep_ = [this] { signal_.emit(asio::cancellation_type::terminal); };
  const auto result =
      run(wait_for_cancel(fail(Errc::cancelled, "by us")), clock_.in(milliseconds(10)));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().context(), "by us");
}

class RaceDeadline : public WithDeadline {
 protected:
  std::optional<Result<int>> race(awaitable<Result<int>> work, Deadline deadline) {
    std::optional<Result<int>> out;
    auto adapt = [](RaceDeadline& test, awaitable<Result<int>> job, Deadline until,
                    std::optional<Result<int>>& into) -> awaitable<Result<int>> {
      into = co_await race_deadline(test.clock_, until, std::move(job));
      co_return 0;
    };
    (void)run(adapt(*this, std::move(work), deadline, out), Deadline::max());
    return out;
  }
};

TEST_F(RaceDeadline, answers_what_the_work_answers) {
  const auto result = race(answer(7), clock_.in(milliseconds(10)));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->value(), 7);
}

TEST_F(RaceDeadline, answers_nothing_when_the_deadline_came_first) {
  on_asleep_ = [this] { clock_.ring(); };
  EXPECT_FALSE(race(wait_throwing(), clock_.in(milliseconds(10))).has_value());
}

}  // namespace
}  // namespace larder

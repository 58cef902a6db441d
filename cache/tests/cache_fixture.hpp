// A cache over a scripted store and a clock that the test moves.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/cache/cache.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/run.hpp>

#include "scripted_backend.hpp"

namespace larder {

using namespace std::chrono_literals;
using testkit::kNoDeadline;
using testkit::run;
using testkit::start;
using testkit::yield_until;
using Executor = boost::asio::any_io_executor;
using Verb = ScriptedBackend::Verb;

inline Bytes bytes(std::string text) { return Bytes(std::move(text)); }

inline Error unavailable(std::string context) {
  return Error(Errc::unavailable, std::move(context));
}

// A source of values that counts and can be slow, fail, throw or hang.
class Origin {
 public:
  explicit Origin(Clock& clock) : clock_(clock) {}

  Result<Loaded> answer = Loaded{.value = bytes("sunny")};
  milliseconds takes{0};     // on the clock
  bool throws = false;       // std::runtime_error("origin on fire")
  bool heeds_cancel = true;  // false: goes on to its end although it was cancelled
  std::atomic<int> loads{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> ended{0};
  std::optional<Found> seen_stale;  // of the last load
  Deadline seen_deadline{};

  // The origin outlives the loader.
  [[nodiscard]] Loader loader();

 private:
  awaitable<Result<Loaded>> load(const LoadContext& context);

  Clock& clock_;
  std::mutex mutex_;  // of what it saw
};

class Log final : public LogSink {
 public:
  void write(LogLevel level, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override;
  // "warning cache: the store fails; ... store=scripted"
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class CacheFixture : public ::testing::Test {
 public:
  CacheFixture() { policy.ttl_jitter = 0; }
  void TearDown() override { run(cache.close()); }

  // One whole call, on an io_context of its own.
  [[nodiscard]] Result<Answer> load() {
    return run(cache.get_or_load(key, policy, origin.loader()));
  }
  // Plays a scene of several coroutines: body(executor), on an io_context of its own.
  template <typename Body>
  void play(const Body& body) {
    run(begin(body));
  }
  [[nodiscard]] awaitable<Result<Answer>> loading() {
    return cache.get_or_load(key, policy, origin.loader());
  }
  // Until so many callers wait for the load of the key.
  awaitable<void> until_waiting(std::size_t count) {
    while (true) {
      const auto explained = co_await cache.explain(key, kNoDeadline);
      if (explained && explained->waiters == count) {
        co_return;
      }
    }
  }
  awaitable<void> until_loads(int count) {
    const std::function<bool()> done = [this, count] { return origin.loads >= count; };
    co_await yield_until(done);
  }
  // Moves time in small steps until `done`: for waits whose lengths are drawn at random.
  awaitable<void> advance_until(std::function<bool()> done) {
    for (int steps = 0; !done() && steps < 10'000; ++steps) {
      clock.advance(1ms);
      const Executor executor = co_await boost::asio::this_coro::executor;
      for (int turns = 0; turns < 20; ++turns) {
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
      }
    }
    EXPECT_TRUE(done());
  }
  [[nodiscard]] Result<std::optional<Answer>> get() { return run(cache.get(key, kNoDeadline)); }

  template <typename Body>
  static awaitable<void> begin(const Body& body) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    co_await body(executor);
  }

  testkit::FakeClock clock;
  ScriptedBackend store{clock};
  Log log;
  Cache cache{store, clock, log};
  Origin origin{clock};
  Key key = Key::literal("weather", "paris");
  Tag tag = Tag::literal("tag", "france");
  // Without what most tests are not about.
  Policy policy{.ttl = 60s, .error_ttl = 0ms, .clearable = false};
};

// What an answer carries, for comparisons in one line; "nothing" for an absence.
[[nodiscard]] std::string text_of(const Result<Answer>& answer);

}  // namespace larder

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>

#include <larder/runtime/runtime.hpp>

namespace larder {
namespace {

class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override {
    std::string line = std::string(component) + ": " + std::string(message);
    for (const auto& [name, value] : fields) {
      line += " " + std::string(name) + "=" + std::string(value);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

awaitable<void> note_thread(std::set<std::thread::id>& seen) {
  seen.insert(std::this_thread::get_id());
  co_return;
}

awaitable<void> throw_this(std::string what) {
  throw std::runtime_error(what);
  co_return;
}

awaitable<void> throw_a_number() {
  throw 7;
  co_return;
}

TEST(Runtime, has_as_many_threads_as_asked_for) {
  Runtime runtime(3, null_log());
  EXPECT_EQ(runtime.threads(), 3U);
  runtime.stop();
}

TEST(Runtime, has_a_thread_for_each_core_when_asked_for_none) {
  Runtime runtime(0, null_log());
  EXPECT_GE(runtime.threads(), 1U);
  runtime.stop();
}

TEST(Runtime, deals_out_its_executors_in_turn) {
  Runtime runtime(2, null_log());
  const auto first = runtime.next_executor();
  const auto second = runtime.next_executor();
  EXPECT_NE(first, second);
  EXPECT_EQ(runtime.next_executor(), first);
  EXPECT_EQ(runtime.next_executor(), second);
  runtime.stop();
}

TEST(Runtime, names_its_threads) {
  Runtime runtime(1, null_log());
  std::array<char, 16> name{};
  auto read_name = [](std::array<char, 16>& out) -> awaitable<void> {
    pthread_getname_np(pthread_self(), out.data(), out.size());
    co_return;
  };
  runtime.run("read name", read_name(name));
  EXPECT_STREQ(name.data(), "larder-io-0");
  runtime.stop();
}

TEST(Runtime, runs_all_work_of_an_executor_on_one_thread) {
  Runtime runtime(2, null_log());
  std::set<std::thread::id> seen;
  for (int i = 0; i < 10; ++i) {
    runtime.spawn(runtime.executor(1), "note", note_thread(seen));
  }
  runtime.stop();
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_FALSE(seen.contains(std::this_thread::get_id()));
}

TEST(Runtime, waits_for_spawned_work_before_it_stops) {
  Runtime runtime(2, null_log());
  std::atomic<int> done{0};
  auto hop = [](Runtime& on, std::atomic<int>& count) -> awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      co_await run_on(on.executor(static_cast<std::size_t>(i % 2)),
                      []() -> awaitable<void> { co_return; }());
    }
    ++count;
  };
  for (int i = 0; i < 8; ++i) {
    runtime.spawn(runtime.next_executor(), "hop", hop(runtime, done));
  }
  runtime.stop();
  EXPECT_EQ(done, 8);
}

TEST(Runtime, logs_an_escaped_exception_under_the_name_of_the_work) {
  Lines log;
  Runtime runtime(1, log);
  runtime.spawn(runtime.executor(0), "polish", throw_this("out of wax"));
  runtime.stop();
  EXPECT_THAT(log.lines(), testing::ElementsAre("runtime: work threw work=polish what=out of wax"));
}

TEST(Runtime, logs_an_exception_that_is_no_std_exception) {
  Lines log;
  Runtime runtime(1, log);
  runtime.spawn(runtime.executor(0), "count", throw_a_number());
  runtime.stop();
  EXPECT_THAT(log.lines(), testing::ElementsAre(testing::HasSubstr("work=count")));
}

TEST(Runtime, rethrows_what_escaped_from_run) {
  Lines log;
  Runtime runtime(1, log);
  EXPECT_THROW(runtime.run("polish", throw_this("out of wax")), std::runtime_error);
  EXPECT_EQ(log.lines().size(), 1U);
  runtime.stop();
}

TEST(Runtime, keeps_serving_after_a_completion_handler_threw) {
  Lines log;
  Runtime runtime(1, log);
  boost::asio::post(runtime.executor(0), [] { throw std::runtime_error("oops"); });
  std::set<std::thread::id> seen;
  runtime.run("note", note_thread(seen));
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_THAT(log.lines(), testing::ElementsAre(testing::HasSubstr("what=oops")));
  runtime.stop();
}

TEST(RuntimeDeathTest, refuses_to_die_before_it_is_stopped) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH({ Runtime runtime(1, null_log()); }, "");
}

}  // namespace
}  // namespace larder

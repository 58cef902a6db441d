// Reads go by a clock that lags a little; nobody may be told of more life than there is.
#include <array>
#include <memory>

#include <gtest/gtest.h>

#include "store.hpp"

namespace larder::memory {
namespace {

class LaggingClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return clock_.now(); }
  WallTime wall() const noexcept override { return clock_.wall(); }
  SteadyTime coarse_now() const noexcept override { return clock_.now() - kLag; }
  awaitable<bool> sleep_until(SteadyTime when) override { return clock_.sleep_until(when); }
  void advance(milliseconds span) { clock_.advance(span); }

 private:
  static constexpr milliseconds kLag{10};
  testkit::FakeClock clock_;
};

class CoarseClock : public ::testing::Test {
 public:
  CoarseClock() : store(std::move(*MemoryCacheBackend::make(clock, MemoryOptions()))) {}
  void TearDown() override { testkit::run(store->close()); }

  void put(Life life) {
    const std::array items{PutItem{.entry = entry("a", "value", life)}};
    EXPECT_TRUE(testkit::run(store->put(items, testkit::kNoDeadline)).front()->stored);
  }

  LaggingClock clock;
  std::unique_ptr<MemoryCacheBackend> store;
};

TEST_F(CoarseClock, never_answers_more_life_than_was_put) {
  for (const milliseconds life : {milliseconds(1), milliseconds(9), milliseconds(10),
                                  milliseconds(25), milliseconds(30'000)}) {
    put({.fresh = life});
    const auto found = store->find(key("a"));
    ASSERT_TRUE(found) << life.count();
    EXPECT_LE(found->life_left, life);
    EXPECT_GE(found->life_left, life - Clock::kCoarseBehind);
  }
}

TEST_F(CoarseClock, ends_no_later_than_was_put) {
  put({.fresh = milliseconds(100)});
  clock.advance(milliseconds(100));
  EXPECT_FALSE(store->find(key("a")));
}

TEST_F(CoarseClock, is_not_fresh_any_longer_than_was_put) {
  put({.fresh = milliseconds(100), .stale = milliseconds(1000)});
  clock.advance(milliseconds(100));
  EXPECT_FALSE(store->find(key("a"))->is_fresh());
}

}  // namespace
}  // namespace larder::memory

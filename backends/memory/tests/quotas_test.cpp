#include <string>

#include "bounds.hpp"
#include "gcra.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryQuotas, allow_the_burst_at_once_and_then_one_each_interval) {
  Store store;
  const Quota quota{.burst = 4, .period = 1s};
  for (std::uint32_t left = 4; left-- > 0;) {
    const auto answer = store.take("a", quota);
    EXPECT_TRUE(answer->allowed);
    EXPECT_EQ(answer->remaining, left);
    EXPECT_EQ(answer->retry_after, 0ms);
  }
  const auto denied = store.take("a", quota);
  EXPECT_FALSE(denied->allowed);
  EXPECT_EQ(denied->remaining, 0U);
  EXPECT_EQ(denied->retry_after, 250ms);
  EXPECT_EQ(denied->reset_after, 1s);
  store.clock.advance(249ms);
  EXPECT_FALSE(store.take("a", quota)->allowed);
  store.clock.advance(1ms);
  EXPECT_TRUE(store.take("a", quota)->allowed);
  EXPECT_FALSE(store.take("a", quota)->allowed);
}

TEST(MemoryQuotas, a_cost_is_taken_whole_or_not_at_all) {
  Store store;
  const Quota quota{.burst = 10, .period = 10s};
  EXPECT_EQ(store.take("a", quota, 7)->remaining, 3U);
  const auto denied = store.take("a", quota, 4);
  EXPECT_FALSE(denied->allowed);
  EXPECT_EQ(denied->remaining, 3U);
  EXPECT_EQ(denied->retry_after, 1s);
  EXPECT_TRUE(store.take("a", quota, 3)->allowed);
}

TEST(MemoryQuotas, cost_zero_asks_without_taking) {
  Store store;
  const Quota quota{.burst = 2, .period = 1s};
  const auto before = store.stats().bytes;
  EXPECT_EQ(store.take("a", quota, 0)->remaining, 2U);
  EXPECT_EQ(store.stats().bytes, before);
  store.take("a", quota, 2);
  const auto asked = store.take("a", quota, 0);
  EXPECT_TRUE(asked->allowed);
  EXPECT_EQ(asked->remaining, 0U);
  EXPECT_EQ(asked->reset_after, 1s);
}

TEST(MemoryQuotas, refuse_arguments_out_of_range) {
  Store store;
  const auto code = [&](Quota quota, std::uint32_t cost) {
    return store.take("a", quota, cost).error().code();
  };
  EXPECT_EQ(code({.burst = 0}, 0), Errc::invalid_argument);
  EXPECT_EQ(code({.burst = 1'000'001}, 1), Errc::invalid_argument);
  EXPECT_EQ(code({.burst = 1, .period = 0ms}, 1), Errc::invalid_argument);
  EXPECT_EQ(code({.burst = 1, .period = 24h * 30 + 1ms}, 1), Errc::invalid_argument);
  EXPECT_EQ(code({.burst = 3}, 4), Errc::invalid_argument);
}

TEST(MemoryQuotas, a_replenished_quota_is_not_kept) {
  Store store;
  const auto before = store.stats().bytes;
  store.take("a", {.burst = 3, .period = 10ms}, 3);
  EXPECT_GT(store.stats().bytes, before);
  store.clock.advance(10ms);
  EXPECT_EQ(store.stats().bytes, before);
}

TEST(MemoryQuotas, a_full_share_refuses_and_never_forgets_what_was_taken) {
  Store store(Bounds::kBytesMin);
  const Quota quota{.burst = 1, .period = 24h};
  int taken = 0;
  while (store.take("q" + std::to_string(taken), quota)) {
    ++taken;
  }
  EXPECT_EQ(store.take("new", quota).error().code(), Errc::storage_full);
  for (int i = 0; i < taken; ++i) {
    EXPECT_FALSE(store.take("q" + std::to_string(i), quota)->allowed);
  }
}

// A third of 1 s is no whole number of nanoseconds: rounding would drift within days.
TEST(Gcra, gives_exactly_the_rate_over_a_long_time) {
  const Quota quota{.burst = 3, .period = 1s};
  SteadyTime now{1h};
  std::optional<QuotaState> state;
  std::uint64_t allowed = 0;
  for (int step = 0; step < 300'000; ++step) {
    const auto decision = decide(state ? &*state : nullptr, quota, 1, now);
    if (decision.taken) {
      state = decision.taken;
      ++allowed;
    }
    now += 100ms;
  }
  // 3 of the burst, and one for each full third of a second of the 29,999.9 s after it.
  EXPECT_EQ(allowed, 3U + 29'999U * 3U + 2U);
}

TEST(Gcra, retry_after_is_the_first_moment_that_allows) {
  const Quota quota{.burst = 7, .period = 10ms};
  const SteadyTime now{1h};
  const auto taken = decide(nullptr, quota, 7, now);
  const auto denied = decide(&*taken.taken, quota, 2, now);
  EXPECT_EQ(denied.answer.retry_after, 3ms);  // two sevenths of 10 ms, rounded up
  EXPECT_TRUE(decide(&*taken.taken, quota, 2, now + 3ms).answer.allowed);
  EXPECT_FALSE(decide(&*taken.taken, quota, 2, now + 2857142ns).answer.allowed);
  EXPECT_TRUE(decide(&*taken.taken, quota, 2, now + 2857143ns).answer.allowed);
}

TEST(Gcra, a_changed_quota_carries_over_what_is_missing_but_no_debt) {
  const SteadyTime now{1h};
  const auto taken = decide(nullptr, Quota{.burst = 10, .period = 24h}, 10, now);
  const Quota tight{.burst = 2, .period = 1s};
  const auto denied = decide(&*taken.taken, tight, 1, now);
  EXPECT_FALSE(denied.answer.allowed);
  EXPECT_EQ(denied.answer.remaining, 0U);
  EXPECT_EQ(denied.answer.retry_after, 500ms);
  const Quota wide{.burst = 20, .period = 48h};
  EXPECT_EQ(decide(&*taken.taken, wide, 0, now).answer.remaining, 10U);
}

TEST(Gcra, the_largest_quota_does_not_overflow) {
  const Quota quota{.burst = 1'000'000, .period = 24h * 30};
  const SteadyTime now{24h * 365 * 100};
  const auto taken = decide(nullptr, quota, quota.burst, now);
  EXPECT_TRUE(taken.answer.allowed);
  EXPECT_EQ(taken.answer.reset_after, 24h * 30);
  EXPECT_EQ(taken.full_at, now + 24h * 30);
  EXPECT_EQ(decide(&*taken.taken, quota, 1, now).answer.retry_after, 2592ms);
}

}  // namespace
}  // namespace larder::memory

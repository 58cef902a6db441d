#include <cstdint>
#include <limits>
#include <string>

#include "bounds.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryCounters, start_at_zero_and_add_up) {
  Store store;
  EXPECT_EQ(*store.add("a", 5), 5);
  EXPECT_EQ(*store.add("a", -7), -2);
  EXPECT_EQ(*store.add("a", 0), -2);
}

TEST(MemoryCounters, reading_a_missing_one_creates_nothing) {
  Store store;
  const auto before = store.stats().bytes;
  EXPECT_EQ(*store.add("a", 0), 0);
  EXPECT_EQ(store.stats().bytes, before);
}

TEST(MemoryCounters, a_sum_that_does_not_fit_changes_nothing) {
  Store store;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(*store.add("a", kMost), kMost);
  EXPECT_EQ(store.add("a", 1).error().code(), Errc::out_of_range);
  EXPECT_EQ(*store.add("a", 0), kMost);
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(*store.add("b", kLeast), kLeast);
  EXPECT_EQ(store.add("b", -1).error().code(), Errc::out_of_range);
}

TEST(MemoryCounters, live_as_long_as_the_call_that_created_them_said) {
  Store store;
  EXPECT_EQ(*store.add("a", 1, 10ms), 1);
  store.clock.advance(9ms);
  EXPECT_EQ(*store.add("a", 1, 1h), 2);
  store.clock.advance(1ms);
  EXPECT_EQ(*store.add("a", 1), 1);
  store.clock.advance(24h * 365);
  EXPECT_EQ(*store.add("a", 1), 2);
  EXPECT_EQ(store.add("b", 1, -1ms).error().code(), Errc::invalid_argument);
}

TEST(MemoryCounters, a_full_share_refuses_new_ones_and_keeps_the_old) {
  Store store(Bounds::kBytesMin);
  int created = 0;
  while (store.add("c" + std::to_string(created), 1)) {
    ++created;
  }
  EXPECT_GT(created, 500);
  EXPECT_EQ(store.add("new", 1).error().code(), Errc::storage_full);
  EXPECT_EQ(store.add("new", 1).error().advice(), Advice::later);
  for (int i = 0; i < created; ++i) {
    EXPECT_EQ(*store.add("c" + std::to_string(i), 1), 2);
  }
}

TEST(MemoryCounters, a_full_share_has_room_again_when_some_have_ended) {
  Store store(Bounds::kBytesMin);
  for (int i = 0; store.add("c" + std::to_string(i), 1, 10ms); ++i) {
  }
  store.clock.advance(10ms);
  EXPECT_EQ(*store.add("new", 1), 1);
}

}  // namespace
}  // namespace larder::memory

#include <larder/packed_entry.hpp>

#include <gtest/gtest.h>

namespace larder {
namespace {

using std::chrono::milliseconds;

TEST(Life, counts_negative_durations_as_zero) {
  const Life life{.fresh = milliseconds(-5), .stale = milliseconds(7)};
  EXPECT_EQ(life.total(), milliseconds(7));
  EXPECT_EQ(life.clamped().fresh, milliseconds(0));
}

TEST(Life, saturates_instead_of_overflowing) {
  const Life life{.fresh = milliseconds::max(), .stale = milliseconds::max()};
  EXPECT_EQ(life.total(), milliseconds::max());
}

TEST(Found, counts_freshness_from_what_the_store_says_is_left) {
  const auto entry =
      PackedEntry::pack(Entry{.key = Key::literal("n", "k"),
                              .value = {},
                              .life = {.fresh = milliseconds(100), .stale = milliseconds(50)}});
  const Found fresh{.entry = entry, .life_left = milliseconds(120)};
  EXPECT_EQ(fresh.fresh_left(), milliseconds(70));
  EXPECT_TRUE(fresh.is_fresh());
  const Found stale{.entry = entry, .life_left = milliseconds(50)};
  EXPECT_FALSE(stale.is_fresh());
}

}  // namespace
}  // namespace larder

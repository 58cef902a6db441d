#include <gtest/gtest.h>

#include <larder/runtime/backoff.hpp>

namespace larder {
namespace {

TEST(Backoff, never_waits_less_than_the_minimum) {
  Backoff backoff({milliseconds(100), milliseconds(1'000)}, [] { return 0.0; });
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(backoff.next(), milliseconds(100));
  }
}

TEST(Backoff, doubles_its_ceiling_up_to_the_maximum) {
  Backoff backoff({milliseconds(100), milliseconds(900)}, [] { return 0.5; });
  EXPECT_EQ(backoff.next(), milliseconds(150));  // half of [100, 200]
  EXPECT_EQ(backoff.next(), milliseconds(250));  // half of [100, 400]
  EXPECT_EQ(backoff.next(), milliseconds(450));  // half of [100, 800]
  EXPECT_EQ(backoff.next(), milliseconds(500));  // half of [100, 900]
  EXPECT_EQ(backoff.next(), milliseconds(500));
}

TEST(Backoff, starts_over_after_a_reset) {
  Backoff backoff({milliseconds(100), milliseconds(10'000)}, [] { return 0.999; });
  const auto first = backoff.next();
  EXPECT_GT(backoff.next(), first);
  backoff.reset();
  EXPECT_EQ(backoff.next(), first);
}

TEST(Backoff, survives_options_that_make_no_sense) {
  Backoff backoff({milliseconds(-5), milliseconds(-9)}, [] { return 0.999; });
  EXPECT_EQ(backoff.next(), milliseconds(1));
}

TEST(Backoff, survives_the_largest_span_there_is) {
  Backoff backoff({milliseconds(1), milliseconds::max()}, [] { return 0.0; });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(backoff.next(), milliseconds(1));
  }
}

TEST(Backoff, draws_its_own_fractions_from_the_unit_interval) {
  for (int i = 0; i < 1'000; ++i) {
    const double fraction = Backoff::random_fraction();
    EXPECT_GE(fraction, 0.0);
    EXPECT_LT(fraction, 1.0);
  }
}

}  // namespace
}  // namespace larder

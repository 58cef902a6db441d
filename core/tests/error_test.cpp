#include <larder/error.hpp>

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Error, advises_to_try_later_only_where_nothing_was_done_and_time_may_help) {
  EXPECT_EQ(Error(Errc::unavailable, "").advice(), Advice::later);
  EXPECT_EQ(Error(Errc::overloaded, "").advice(), Advice::later);
  EXPECT_EQ(Error(Errc::invalid_argument, "").advice(), Advice::never);
  EXPECT_EQ(Error(Errc::timeout, Advice::unknown_outcome, "").advice(), Advice::unknown_outcome);
}

TEST(Error, says_cause_and_context_in_one_sentence) {
  EXPECT_EQ(Error(Errc::timeout, "no answer").within("weather").message(),
            "timeout: weather: no answer");
  EXPECT_EQ(Error(Errc::closed, "").message(), "closed");
}

TEST(Batch, repeats_a_failure_of_the_whole_call_in_every_place) {
  const Batch<int> batch = fail_all<int>(3, Error(Errc::closed, "x"));
  ASSERT_EQ(batch.size(), 3U);
  for (const Result<int>& one : batch) {
    EXPECT_EQ(one.error().code(), Errc::closed);
  }
}

}  // namespace
}  // namespace larder

#include <larder/units.hpp>

#include <gtest/gtest.h>

namespace larder {
namespace {

using namespace std::chrono_literals;

TEST(Units, reads_durations_with_their_unit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Units, refuses_what_is_no_duration) {
  for (const char* text : {"", "60", "s", "-1s", "1.5s", "1 s", "1d", "99999999999999999999s",
                           "9999999999999h", "1ss"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, reads_sizes_in_powers_of_two) {
  EXPECT_EQ(parse_size("512B"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 64U << 10);
  EXPECT_EQ(parse_size("16MiB"), 16U << 20);
  EXPECT_EQ(parse_size("2GiB"), std::size_t{2} << 30);
}

TEST(Units, refuses_what_is_no_size) {
  for (const char* text : {"", "16", "16MB", "MiB", "-1B", "99999999999GiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Units, are_written_as_they_are_read_in_the_largest_that_takes_no_fraction) {
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(2h), "2h");
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(size_text(1000), "1000B");
  EXPECT_EQ(size_text(std::uint64_t{3} << 30), "3GiB");
}

}  // namespace
}  // namespace larder

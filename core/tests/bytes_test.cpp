#include <larder/bytes.hpp>

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Bytes, keeps_its_storage_alive_through_copies_and_parts) {
  Bytes part;
  {
    const Bytes whole(std::string("a value long enough to live on the heap, not in the string"));
    part = whole.sub(2, 5);
  }
  EXPECT_EQ(part.view(), "value");
}

TEST(Bytes, holds_any_byte_values) {
  const std::string raw("\0\xff\n", 3);
  EXPECT_EQ(Bytes::copy_of(raw).view(), raw);
}

TEST(Bytes, clamps_a_part_to_its_end) {
  const Bytes whole(std::string("abc"));
  EXPECT_EQ(whole.sub(1, 100).view(), "bc");
  EXPECT_TRUE(whole.sub(7).empty());
}

}  // namespace
}  // namespace larder

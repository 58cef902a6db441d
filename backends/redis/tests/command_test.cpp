#include <larder/redis/command.hpp>

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <larder/redis/script.hpp>

namespace larder::redis {
namespace {

std::string encoded(std::initializer_list<Arg> arguments) {
  std::string bytes;
  encode(bytes, arguments);
  return bytes;
}

TEST(Command, is_written_as_an_array_of_strings) {
  EXPECT_EQ(encoded({"SET", std::string_view("k"), std::string("v w")}),
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nv w\r\n");
  EXPECT_EQ(encoded({""}), "*1\r\n$0\r\n\r\n");
}

TEST(Command, writes_numbers_of_every_type) {
  EXPECT_EQ(encoded({0, -15, std::size_t{12}}), "*3\r\n$1\r\n0\r\n$3\r\n-15\r\n$2\r\n12\r\n");
  EXPECT_EQ(encoded({std::numeric_limits<std::int64_t>::min()}),
            "*1\r\n$20\r\n-9223372036854775808\r\n");
  EXPECT_EQ(encoded({std::numeric_limits<std::uint64_t>::max()}),
            "*1\r\n$20\r\n18446744073709551615\r\n");
}

TEST(Command, keeps_any_bytes) {
  EXPECT_EQ(encoded({std::string_view("\0\r\n", 3)}),
            std::string_view("*1\r\n$3\r\n\0\r\n\r\n", 13));
}

TEST(Command, writes_large_values_too) {
  const Bytes value(std::string(Arg::kShareBytesMin, 'x'));
  EXPECT_EQ(encoded({value}), "*1\r\n$8192\r\n" + std::string(value.view()) + "\r\n");
}

TEST(Script, has_the_digest_that_the_server_computes) {
  // SCRIPT LOAD "return 1" of Redis 7.0.15.
  const Script script("return 1");
  EXPECT_EQ(script.digest(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  EXPECT_EQ(script.by_digest(),
            "$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n");
  EXPECT_EQ(script.by_source(), "$4\r\nEVAL\r\n$8\r\nreturn 1\r\n");
}

}  // namespace
}  // namespace larder::redis

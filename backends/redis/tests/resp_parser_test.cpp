#include <larder/redis/resp_parser.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "show.hpp"

namespace larder::redis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Takes all frames there are; the last text is the error, if there is one.
void take(RespParser& parser, std::vector<std::string>& frames) {
  while (true) {
    const auto frame = parser.next();
    if (!frame) {
      frames.push_back(frame.error().message());
      return;
    }
    if (!*frame) {
      return;
    }
    frames.push_back(show(**frame));
  }
}

std::vector<std::string> parse(std::string_view bytes, RespLimits limits = {}) {
  RespParser parser(limits);
  parser.feed(bytes);
  std::vector<std::string> frames;
  take(parser, frames);
  return frames;
}

std::string error_of(std::string_view bytes, RespLimits limits = {}) {
  const auto frames = parse(bytes, limits);
  return frames.size() == 1 ? frames[0] : "not one error";
}

TEST(RespParser, reads_every_type_of_resp3) {
  EXPECT_THAT(parse("+OK\r\n$5\r\nhello\r\n:-42\r\n-ERR no\r\n!5\r\nERR x\r\n_\r\n#t\r\n#f\r\n"),
              ElementsAre("simple'OK'", "bulk'hello'", "integer'-42'", "error'ERR no'",
                          "error'ERR x'", "null", "boolean't'", "boolean'f'"));
  EXPECT_THAT(parse(",1.5\r\n,inf\r\n,-inf\r\n,nan\r\n,10\r\n(-12345678901234567890\r\n"),
              ElementsAre("real'1.5'", "real'inf'", "real'-inf'", "real'nan'", "real'10'",
                          "big_number'-12345678901234567890'"));
  EXPECT_THAT(parse("=8\r\ntxt:some\r\n=4\r\nmkd:\r\n"),
              ElementsAre("verbatim'some'", "verbatim''"));
  EXPECT_THAT(parse("*2\r\n:1\r\n*0\r\n%1\r\n+a\r\n:1\r\n~1\r\n+x\r\n>2\r\n+message\r\n$0\r\n\r\n"),
              ElementsAre("array(integer'1' array())", "map(simple'a' integer'1')",
                          "set(simple'x')", "push(simple'message' bulk'')"));
}

TEST(RespParser, reads_the_nulls_of_resp2) {
  EXPECT_THAT(parse("$-1\r\n*-1\r\n*2\r\n$-1\r\n*-1\r\n"),
              ElementsAre("null", "null", "array(null null)"));
}

TEST(RespParser, keeps_any_bytes_within_a_string) {
  using namespace std::string_literals;
  EXPECT_THAT(parse("$7\r\n\0\r\n$1\xff\n\r\n"s), ElementsAre("bulk'\0\r\n$1\xff\n'"s));
}

TEST(RespParser, skips_attributes_wherever_they_stand) {
  EXPECT_THAT(parse("|1\r\n+ttl\r\n:3\r\n+value\r\n"), ElementsAre("simple'value'"));
  EXPECT_THAT(parse("*2\r\n|1\r\n+a\r\n*1\r\n+deep\r\n:1\r\n|0\r\n:2\r\n"),
              ElementsAre("array(integer'1' integer'2')"));
}

TEST(RespParser, answers_a_push_inside_a_reply_before_that_reply) {
  EXPECT_THAT(parse("*2\r\n:1\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n:2\r\n+next\r\n"),
              ElementsAre("push(simple'invalidate' array(simple'k'))",
                          "array(integer'1' integer'2')", "simple'next'"));
}

TEST(RespParser, answers_several_inner_pushes_in_their_order) {
  EXPECT_THAT(parse("*1\r\n>1\r\n+a\r\n>2\r\n+b\r\n+c\r\n:1\r\n"),
              ElementsAre("push(simple'a')", "push(simple'b' simple'c')", "array(integer'1')"));
}

TEST(RespParser, says_that_streamed_values_are_not_understood) {
  for (const std::string_view bytes :
       {"$?\r\n", "*?\r\n", "%?\r\n", "~?\r\n", ">?\r\n", ";4\r\n", ".\r\n"}) {
    EXPECT_THAT(error_of(bytes), HasSubstr("streamed values are not understood")) << bytes;
  }
}

TEST(RespParser, says_what_is_wrong_and_at_which_byte) {
  EXPECT_EQ(error_of("*2\r\n:1\r\nhello"),
            "protocol_error: RESP: no type begins with this byte at byte 8 of a frame");
  EXPECT_THAT(error_of(":12x\r\n"), HasSubstr("malformed integer at byte 0"));
  EXPECT_THAT(error_of(":9223372036854775808\r\n"), HasSubstr("malformed integer"));
  EXPECT_THAT(error_of(",1.5.2\r\n"), HasSubstr("malformed double"));
  EXPECT_THAT(error_of("#y\r\n"), HasSubstr("malformed boolean"));
  EXPECT_THAT(error_of("_x\r\n"), HasSubstr("malformed null"));
  EXPECT_THAT(error_of("(12a\r\n"), HasSubstr("malformed big number"));
  EXPECT_THAT(error_of("(\r\n"), HasSubstr("malformed big number"));
  EXPECT_THAT(error_of("$5a\r\n"), HasSubstr("malformed length at byte 2"));
  EXPECT_THAT(error_of("$\r\n"), HasSubstr("malformed length"));
  EXPECT_THAT(error_of("$5\rx"), HasSubstr("malformed length"));
  EXPECT_THAT(error_of("$-2\r\n"), HasSubstr("negative length"));
  EXPECT_THAT(error_of("%-1\r\n"), HasSubstr("negative length"));
  EXPECT_THAT(error_of("$2\r\nabc\r\n"), HasSubstr("string is longer than its length at byte 6"));
  EXPECT_THAT(error_of("+a\rb\r\n"), HasSubstr("carriage return within a line"));
  EXPECT_THAT(error_of("-a\nb\r\n"), HasSubstr("line feed within a line"));
  EXPECT_THAT(error_of("=3\r\ntxt\r\n"), HasSubstr("verbatim string without a format"));
  EXPECT_THAT(error_of("=5\r\ntext:\r\n"), HasSubstr("verbatim string without a format"));
  EXPECT_THAT(error_of(">0\r\n"), HasSubstr("empty push"));
}

TEST(RespParser, refuses_what_is_beyond_a_limit_before_it_comes) {
  EXPECT_THAT(error_of("$11\r\n", {.bulk_bytes_max = 10}), HasSubstr("string is too large"));
  EXPECT_THAT(error_of("*11\r\n", {.elements_max = 10}), HasSubstr("too many elements"));
  EXPECT_THAT(error_of("%6\r\n", {.elements_max = 12}), HasSubstr("too many elements"));
  EXPECT_THAT(error_of("*4294967297\r\n"), HasSubstr("too many elements"));
  EXPECT_THAT(error_of("$9999999999999999999999"), HasSubstr("length is too large"));
  EXPECT_THAT(error_of("$30\r\n", {.frame_bytes_max = 36}), HasSubstr("frame is too large"));
  EXPECT_THAT(error_of("+0123456789a", {.line_bytes_max = 10}), HasSubstr("line is too long"));
  EXPECT_THAT(error_of("*1\r\n*1\r\n*1\r\n", {.depth_max = 2}), HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of("*1\r\n|1\r\n*1\r\n", {.depth_max = 2}), HasSubstr("nested too deeply"));
}

TEST(RespParser, takes_what_is_just_within_the_limits) {
  EXPECT_THAT(parse("$10\r\n0123456789\r\n", {.bulk_bytes_max = 10, .frame_bytes_max = 17}),
              ElementsAre("bulk'0123456789'"));
  EXPECT_THAT(parse("*2\r\n:1\r\n:2\r\n", {.elements_max = 3}),
              ElementsAre("array(integer'1' integer'2')"));
  EXPECT_THAT(parse("+0123456789\r\n", {.line_bytes_max = 10}), ElementsAre("simple'0123456789'"));
  EXPECT_THAT(parse("*1\r\n*1\r\n:1\r\n", {.depth_max = 2}),
              ElementsAre("array(array(integer'1'))"));
}

TEST(RespParser, counts_skipped_elements_as_well) {
  EXPECT_THAT(error_of("|1\r\n+a\r\n+b\r\n|1\r\n+a\r\n+b\r\n+v\r\n", {.elements_max = 6}),
              HasSubstr("too many elements"));
}

TEST(RespParser, never_goes_deeper_than_128) {
  std::string bytes;
  for (int depth = 0; depth < 200; ++depth) {
    bytes.append("*1\r\n");
  }
  EXPECT_THAT(error_of(bytes, {.depth_max = 100'000}), HasSubstr("nested too deeply at byte 512"));
}

TEST(RespParser, stays_broken_until_it_is_reset) {
  RespParser parser;
  parser.feed("?");
  EXPECT_FALSE(parser.next());
  parser.feed("+OK\r\n");
  EXPECT_FALSE(parser.next());
  parser.reset();
  parser.feed("+OK\r\n");
  std::vector<std::string> frames;
  take(parser, frames);
  EXPECT_THAT(frames, ElementsAre("simple'OK'"));
}

TEST(RespParser, gives_the_same_frames_when_fed_byte_by_byte) {
  const std::string bytes =
      "*3\r\n$3\r\nabc\r\n|1\r\n+k\r\n+v\r\n%1\r\n=7\r\ntxt:xyz\r\n,0.5\r\n>1\r\n+p\r\n~1\r\n#t\r\n"
      "-ERR x\r\n$0\r\n\r\n!3\r\nE x\r\n:1\r\n_\r\n*-1\r\n+ok\r\n?";
  RespParser parser;
  std::vector<std::string> frames;
  for (const char byte : bytes) {
    parser.feed(std::string_view(&byte, 1));
    take(parser, frames);
  }
  EXPECT_EQ(frames, parse(bytes));
  EXPECT_EQ(frames.size(), 10U);
}

TEST(RespParser, reads_a_value_of_many_megabytes_in_small_pieces_in_linear_time) {
  // Byte by byte or with a copy of all for each piece this would take minutes.
  const std::string value(48 << 20, 'v');
  const std::string bytes = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n+OK\r\n";
  RespParser parser;
  std::size_t frames = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 100) {
    parser.feed(std::string_view(bytes).substr(at, 100));
    for (auto frame = parser.next(); frame && *frame; frame = parser.next()) {
      ++frames;
      EXPECT_EQ((*frame)->text(), frames == 1 ? std::string_view(value) : "OK");
    }
  }
  EXPECT_EQ(frames, 2U);
}

TEST(RespParser, reads_a_reply_of_many_elements_in_small_pieces_in_linear_time) {
  std::string bytes = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i) {
    bytes.append("$3\r\nabc\r\n");
  }
  RespParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    parser.feed(std::string_view(bytes).substr(at, 7));
    const auto frame = parser.next();
    ASSERT_TRUE(frame);
    if (*frame) {
      EXPECT_EQ((*frame)->size(), 200'000U);
      EXPECT_EQ((**frame)[199'999].text(), "abc");
      EXPECT_GE(at + 7, bytes.size());
      return;
    }
  }
  ADD_FAILURE() << "no frame";
}

}  // namespace
}  // namespace larder::redis

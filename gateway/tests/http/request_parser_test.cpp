#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/parse_outcome.hpp"

namespace larder::gateway {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(RequestParser, reads_a_request_without_a_body) {
  const auto out = parse("GET /mcp?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].method, "GET");
  EXPECT_EQ(out.requests[0].target, "/mcp?x=1");
  EXPECT_EQ(out.requests[0].path, "/mcp");
  EXPECT_EQ(out.requests[0].body, "");
  EXPECT_THAT(out.requests[0].headers, ElementsAre(Pair("Host", "a")));
}

TEST(RequestParser, trims_spaces_and_tabs_around_a_value) {
  const auto out = parse("GET / HTTP/1.1\r\nHost:a\r\nX: \t b c \t\r\nY:\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_THAT(out.requests[0].headers,
              ElementsAre(Pair("Host", "a"), Pair("X", "b c"), Pair("Y", "")));
}

TEST(RequestParser, lets_bytes_above_ascii_pass_in_a_value) {
  const auto out = parse("GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].headers[1].second, "\xc3\xa9");
}

TEST(RequestParser, reads_a_body_of_the_given_length) {
  const auto out = parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, "hello");
}

TEST(RequestParser, takes_any_bytes_as_a_body) {
  const std::string body("\0\r\n\r\nGET", 8);
  const auto out = parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n" + body);
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, body);
}

TEST(RequestParser, reads_pipelined_requests_in_order) {
  const auto out = parse(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 4U);
  EXPECT_EQ(out.requests[0].body, "ab");
  EXPECT_EQ(out.requests[1].target, "/2");
  EXPECT_EQ(out.requests[2].body, "c");
  EXPECT_EQ(out.requests[3].target, "/4");
}

TEST(RequestParser, skips_empty_lines_before_a_request) {
  const auto out = parse("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].headers.size(), 1U);
}

TEST(RequestParser, finds_the_path_in_an_absolute_target) {
  const auto out = parse(
      "GET http://a:80/mcp?x HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET HTTPS://a?x HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 3U);
  EXPECT_EQ(out.requests[0].path, "/mcp");
  EXPECT_EQ(out.requests[1].path, "/");
  EXPECT_EQ(out.requests[2].path, "/");
}

TEST(RequestParser, takes_a_star_as_the_target_of_options) {
  const auto out = parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].path, "*");
}

TEST(RequestParser, keeps_a_1_1_connection_unless_told_to_close) {
  const auto out = parse(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 2U);
  EXPECT_TRUE(out.requests[0].keep_alive);
  EXPECT_FALSE(out.requests[1].keep_alive);
}

TEST(RequestParser, closes_a_1_0_connection_unless_asked_to_keep_it) {
  const auto out = parse(
      "GET / HTTP/1.0\r\n\r\n"
      "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 2U);
  EXPECT_FALSE(out.requests[0].keep_alive);
  EXPECT_TRUE(out.requests[1].keep_alive);
}

TEST(RequestParser, accepts_the_same_content_length_twice) {
  const auto out =
      parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, "x");
}

TEST(RequestParser, joins_chunks_into_one_body) {
  const auto out = parse(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3\r\nabc\r\n"
      "00A;name=value\r\n0123456789\r\n"
      "1\r\nz\r\n"
      "0\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, "abc0123456789z");
}

TEST(RequestParser, checks_trailers_and_drops_them) {
  const auto out = parse(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\nx\r\n0\r\nExpires: now\r\nContent-Length: 7\r\n\r\n"
      "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(out.requests.size(), 2U);
  EXPECT_EQ(out.requests[0].headers.size(), 2U);
  EXPECT_EQ(out.requests[0].body, "x");
  EXPECT_EQ(out.requests[1].target, "/next");
}

TEST(RequestParser, joins_many_small_chunks) {
  constexpr std::size_t kChunks = 100'000;
  std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < kChunks; ++i) {
    bytes += "1\r\nx\r\n";
  }
  bytes += "0\r\n\r\n";
  const auto out = parse_pieces({bytes}, {});
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, std::string(kChunks, 'x'));
}

TEST(RequestParser, reads_a_body_that_outgrows_its_first_buffer) {
  const std::string body(300'000, 'b');
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n";
  const HttpLimits limits;
  ParseOutcome out;
  RequestParser growing(limits);
  feed(growing, head);
  EXPECT_TRUE(drain(growing, out));
  EXPECT_TRUE(growing.in_body());
  for (std::size_t at = 0; at < body.size(); at += 1'000) {
    feed(growing, std::string_view(body).substr(at, 1'000));
    EXPECT_TRUE(drain(growing, out));
  }
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].body, body);
  EXPECT_EQ(out.requests[0].headers[0].second, "a");
  EXPECT_TRUE(growing.idle());
}

TEST(RequestParser, tells_that_the_client_waits_for_permission) {
  const HttpLimits limits;
  RequestParser parser(limits);
  feed(parser, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(parser.step(), ParseStep::need_more);
  EXPECT_TRUE(parser.in_body());
  EXPECT_TRUE(parser.head().expects_continue());
}

TEST(RequestParser, ignores_the_expectation_of_a_1_0_client) {
  const HttpLimits limits;
  RequestParser parser(limits);
  feed(parser, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(parser.step(), ParseStep::need_more);
  EXPECT_FALSE(parser.head().expects_continue());
}

}  // namespace
}  // namespace larder::gateway

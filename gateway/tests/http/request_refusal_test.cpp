// What the parser refuses, and as what. Two servers in a row must never read the same bytes
// as different requests.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/parse_outcome.hpp"

namespace larder::gateway {
namespace {

// A request with these extra lines in its head, and what follows the head.
unsigned refusal(std::string_view lines, std::string_view rest = "") {
  return parse("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n" + std::string(rest))
      .failure;
}

unsigned chunk_refusal(std::string_view body, const HttpLimits& limits = {}) {
  return parse(
             "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body),
             limits)
      .failure;
}

TEST(RequestRefusal, a_content_length_beside_a_transfer_encoding_is_400) {
  EXPECT_EQ(refusal("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400U);
}

TEST(RequestRefusal, differing_content_lengths_are_400) {
  EXPECT_EQ(refusal("Content-Length: 3\r\nContent-Length: 4\r\n"), 400U);
}

TEST(RequestRefusal, a_content_length_that_is_no_number_is_400) {
  for (const auto* value : {"", "-1", "+1", "0x1", "1 ", "1, 1", "1;", "1.0", "one"}) {
    const std::string line = "Content-Length: " + std::string(value) + "\r\n";
    if (std::string_view(value) == "1 ") {
      EXPECT_EQ(refusal(line, "x"), 0U) << "space after a value is no part of it";
    } else {
      EXPECT_EQ(refusal(line), 400U) << value;
    }
  }
}

TEST(RequestRefusal, a_content_length_beyond_all_numbers_is_413) {
  EXPECT_EQ(refusal("Content-Length: 99999999999999999999999\r\n"), 413U);
}

TEST(RequestRefusal, a_transfer_coding_other_than_chunked_is_501) {
  EXPECT_EQ(refusal("Transfer-Encoding: gzip\r\n"), 501U);
  EXPECT_EQ(refusal("Transfer-Encoding: gzip, chunked\r\n"), 501U);
  EXPECT_EQ(refusal("Transfer-Encoding: identity\r\n"), 501U);
  EXPECT_EQ(refusal("Transfer-Encoding: xchunked\r\n"), 501U);
  EXPECT_EQ(refusal("Transfer-Encoding: chunked;q=1\r\n"), 501U);
}

TEST(RequestRefusal, chunked_named_twice_or_not_at_all_is_400) {
  EXPECT_EQ(refusal("Transfer-Encoding: chunked, chunked\r\n"), 400U);
  EXPECT_EQ(refusal("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400U);
  EXPECT_EQ(refusal("Transfer-Encoding:\r\n"), 400U);
}

TEST(RequestRefusal, a_transfer_encoding_in_http_1_0_is_400) {
  EXPECT_EQ(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_folded_header_is_400) {
  EXPECT_EQ(refusal("X: a\r\n b\r\n"), 400U);
  EXPECT_EQ(refusal("X: a\r\n\tb\r\n"), 400U);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n Host: a\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_bare_line_feed_is_400) {
  EXPECT_EQ(refusal("X: a\nY: b\r\n"), 400U);
  EXPECT_EQ(parse("GET / HTTP/1.1\nHost: a\n\n").failure, 400U);
  EXPECT_EQ(parse("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_bare_carriage_return_is_400) {
  EXPECT_EQ(refusal("X: a\rY: b\r\n"), 400U);
  EXPECT_EQ(refusal("X: a\r\r\n"), 400U);
  EXPECT_EQ(parse("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_control_character_in_a_header_is_400) {
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal("X: a\0b\r\n"sv), 400U);
  EXPECT_EQ(refusal("X: a\x7f\r\n"), 400U);
  EXPECT_EQ(refusal("X: a\x01\r\n"), 400U);
}

TEST(RequestRefusal, a_header_name_that_is_no_token_is_400) {
  for (const auto* line : {": a\r\n", "X : a\r\n", "X\t: a\r\n", "X y: a\r\n", "X\r\n",
                           "(X): a\r\n", "X\xc3\xa9: a\r\n"}) {
    EXPECT_EQ(refusal(line), 400U) << line;
  }
}

TEST(RequestRefusal, a_1_1_request_without_a_host_is_400) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_repeated_host_is_400_in_any_version) {
  EXPECT_EQ(refusal("Host: a\r\n"), 400U);
  EXPECT_EQ(parse("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n").failure, 400U);
}

TEST(RequestRefusal, a_host_that_is_none_is_400) {
  for (const auto* host : {"a b", "a,b", "a/b", "u@a", "a?b"}) {
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").failure, 400U)
        << host;
  }
}

TEST(RequestRefusal, a_malformed_request_line_is_400) {
  for (const auto* line :
       {"GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "G@T / HTTP/1.1",
        "GET /a b HTTP/1.1", "GET /\x80 HTTP/1.1", "GET / http/1.1", "GET / HTTP/1",
        "GET / HTTP/1.x", "GET / HTTP/11", "GET\t/\tHTTP/1.1", "GET * HTTP/1.1", "GET a HTTP/1.1",
        "GET ftp://a/ HTTP/1.1", "CONNECT a:80 HTTP/1.1"}) {
    EXPECT_EQ(parse(std::string(line) + "\r\nHost: a\r\n\r\n").failure, 400U) << line;
  }
}

TEST(RequestRefusal, another_version_is_505) {
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n").failure, 505U);
  EXPECT_EQ(parse("GET / HTTP/1.2\r\nHost: a\r\n\r\n").failure, 505U);
  EXPECT_EQ(parse("GET / HTTP/0.9\r\nHost: a\r\n\r\n").failure, 505U);
}

TEST(RequestRefusal, an_unknown_expectation_is_417) {
  EXPECT_EQ(refusal("Expect: a-pony\r\n"), 417U);
}

TEST(RequestRefusal, a_malformed_chunk_is_400) {
  for (const auto* body :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n", "1\nx\r\n",
        "1\r\nxy\r\n", "1\r\nx\n", "1\r\nx\r\r", "1;\x01\r\nx\r\n", "1;a\rb\r\nx\r\n",
        "0\r\nno field\r\n\r\n", "0\r\n a: b\r\n\r\n", "0\r\na: b\n\r\n"}) {
    EXPECT_EQ(chunk_refusal(body), 400U) << body;
  }
}

TEST(RequestRefusal, a_chunk_line_longer_than_anyone_needs_is_400) {
  EXPECT_EQ(chunk_refusal("1;" + std::string(300, 'x') + "\r\nx\r\n0\r\n\r\n"), 400U);
}

TEST(RequestRefusal, a_head_over_header_bytes_max_is_431) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n";
  HttpLimits limits;
  limits.header_bytes_max = head.size();
  EXPECT_EQ(parse(head, limits).failure, 0U);
  limits.header_bytes_max = head.size() - 1;
  EXPECT_EQ(parse(head, limits).failure, 431U);
  limits.header_bytes_max = 20;
  EXPECT_EQ(parse(head, limits).failure, 431U);
}

TEST(RequestRefusal, more_fields_than_headers_max_are_431) {
  HttpLimits limits;
  limits.headers_max = 2;
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n", limits).failure, 0U);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n", limits).failure, 431U);
}

TEST(RequestRefusal, trailers_over_the_header_limits_are_431) {
  HttpLimits limits;
  limits.headers_max = 2;
  EXPECT_EQ(chunk_refusal("0\r\nA: 1\r\nB: 2\r\n\r\n", limits), 0U);
  EXPECT_EQ(chunk_refusal("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits), 431U);
  limits = {};
  limits.header_bytes_max = 70;
  EXPECT_EQ(chunk_refusal("0\r\nA: " + std::string(80, 'x') + "\r\n\r\n", limits), 431U);
}

TEST(RequestRefusal, a_body_over_body_bytes_max_is_413_before_it_is_read) {
  HttpLimits limits;
  limits.body_bytes_max = 10;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(parse(head + "Content-Length: 10\r\n\r\n0123456789", limits).failure, 0U);
  EXPECT_EQ(parse(head + "Content-Length: 11\r\n\r\n", limits).failure, 413U);
}

TEST(RequestRefusal, chunks_over_body_bytes_max_are_413_before_they_are_read) {
  HttpLimits limits;
  limits.body_bytes_max = 4;
  EXPECT_EQ(chunk_refusal("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", limits), 0U);
  EXPECT_EQ(chunk_refusal("3\r\nabc\r\n2\r\n", limits), 413U);
  EXPECT_EQ(chunk_refusal("ffffffffffffffff\r\n", limits), 413U);
  EXPECT_EQ(chunk_refusal("fffffffffffffffff\r\n", limits), 413U);
}

}  // namespace
}  // namespace larder::gateway

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/reply_head.hpp"

namespace larder::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string head_of(const HttpReply& reply, const ReplyHead& options = {}) {
  std::string out = "left over from the last reply";
  write_head(out, reply, options);
  return out;
}

TEST(ReplyHead, says_status_type_and_length) {
  EXPECT_EQ(head_of(text_reply(200, "application/json", "{}")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

TEST(ReplyHead, counts_all_parts_of_the_body) {
  HttpReply reply;
  reply.body = {Bytes("abc"), Bytes(), Bytes("de")};
  EXPECT_THAT(head_of(reply), HasSubstr("Content-Length: 5\r\n"));
}

TEST(ReplyHead, has_no_type_without_a_body) {
  HttpReply reply;
  reply.status = 202;
  EXPECT_EQ(head_of(reply), "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

TEST(ReplyHead, has_no_length_where_the_status_forbids_a_body) {
  HttpReply reply;
  reply.status = 204;
  EXPECT_EQ(head_of(reply), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(ReplyHead, carries_the_headers_of_the_reply) {
  HttpReply reply;
  reply.headers = {{"Mcp-Session-Id", "abc"}, {"X-Empty", ""}};
  EXPECT_THAT(head_of(reply), HasSubstr("\r\nMcp-Session-Id: abc\r\nX-Empty: \r\n"));
}

TEST(ReplyHead, leaves_out_a_header_that_would_split_the_reply) {
  HttpReply reply;
  reply.headers = {{"X", "a\r\nSet-Cookie: b"}, {"Y\r\n", "c"}, {"", "d"}, {"Z", "e"}};
  const auto head = head_of(reply);
  EXPECT_THAT(head, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(head, Not(HasSubstr("Y")));
  EXPECT_THAT(head, HasSubstr("\r\nZ: e\r\n"));
}

TEST(ReplyHead, says_when_the_connection_closes) {
  EXPECT_THAT(head_of({}, {.keep_alive = false}), HasSubstr("\r\nConnection: close\r\n"));
}

TEST(ReplyHead, says_to_a_1_0_client_when_the_connection_stays) {
  EXPECT_THAT(head_of({}, {.http_1_0 = true}), HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(ReplyHead, knows_a_status_without_a_name) {
  HttpReply reply;
  reply.status = 299;
  EXPECT_THAT(head_of(reply), HasSubstr("HTTP/1.1 299 \r\n"));
}

TEST(DateText, is_an_http_date) {
  DateText date;
  EXPECT_THAT(std::string(date.now()),
              testing::MatchesRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                                    "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"));
}

TEST(ErrorReply, names_the_reason_in_json) {
  const auto reply = error_reply(431, "request headers are over headers_max");
  EXPECT_EQ(reply.status, 431U);
  EXPECT_EQ(reply.body.at(0).view(), R"({"error":"request headers are over headers_max"})");
}

TEST(HttpRequest, finds_the_first_header_of_a_name_in_any_case) {
  const std::vector<HeaderView> headers{{"Accept", "a"}, {"MCP-Name", "b"}, {"mcp-name", "c"}};
  HttpRequest request;
  request.headers = headers;
  EXPECT_EQ(request.header("mcp-NAME"), "b");
  EXPECT_EQ(request.header("absent"), "");
}

}  // namespace
}  // namespace larder::gateway

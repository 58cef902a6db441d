// The parts of an upstream that do no I/O: addresses, HTTP responses, lines, messages.
#include <string>

#include <gtest/gtest.h>

#include "upstream/http_response.hpp"
#include "upstream/line_splitter.hpp"
#include "upstream/messages.hpp"
#include "upstream/url.hpp"

namespace larder::gateway {
namespace {

// Feeds the bytes one by one.
Result<void> feed(HttpResponse& response, std::string_view bytes) {
  for (const char& byte : bytes) {
    if (auto fed = response.feed(std::string_view(&byte, 1)); !fed) {
      return fed;
    }
  }
  return {};
}

TEST(Url, is_taken_apart) {
  const auto url = parse_url("https://example.com:8443/mcp/v1?x=1#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, Scheme::https);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->authority, "example.com:8443");
  EXPECT_EQ(url->target, "/mcp/v1?x=1");
}

TEST(Url, gets_what_it_leaves_out) {
  EXPECT_EQ(parse_url("http://localhost")->port, "80");
  EXPECT_EQ(parse_url("http://localhost")->target, "/");
  EXPECT_EQ(parse_url("https://localhost?q")->port, "443");
  EXPECT_EQ(parse_url("https://localhost?q")->target, "/?q");
  EXPECT_EQ(parse_url("http://[::1]:9/x")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]/x")->authority, "[::1]");
}

TEST(Url, is_refused_when_it_is_none_of_ours) {
  for (const char* text : {"", "localhost:80", "ftp://x", "http://", "http://:80", "http://a b/",
                           "http://a/\r\nX: y", "http://user:secret@host/", "http://[::1",
                           "http://a:port/", "http://a:123456/", "http://[::1]x"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), Errc::invalid_argument);
    EXPECT_EQ(url.error().message().find("secret"), std::string::npos);
  }
}

TEST(HttpResponse, is_read_byte_by_byte) {
  HttpResponse response(100);
  ASSERT_TRUE(feed(response,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
                   "Content-Length: 2\r\nMcp-Session-Id: s1\r\n\r\n{"));
  EXPECT_TRUE(response.head_done());
  EXPECT_FALSE(response.done());
  EXPECT_EQ(response.status(), 200U);
  EXPECT_TRUE(response.has_content_type("application/json"));
  EXPECT_FALSE(response.has_content_type("application/js"));
  EXPECT_EQ(response.header("mcp-session-id"), "s1");
  EXPECT_EQ(response.header("absent"), "");
  EXPECT_EQ(response.take_body(), "{");
  ASSERT_TRUE(feed(response, "}"));
  EXPECT_TRUE(response.done());
  EXPECT_EQ(response.take_body(), "}");
}

TEST(HttpResponse, hands_out_chunks_as_they_come) {
  HttpResponse response(100);
  ASSERT_TRUE(response.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  EXPECT_EQ(response.take_body(), "abc");
  ASSERT_TRUE(response.feed("2\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(response.take_body(), "de");
  EXPECT_TRUE(response.done());
}

TEST(HttpResponse, skips_interim_responses_but_not_without_end) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  HttpResponse response(100);
  ASSERT_TRUE(response.feed(interim + "HTTP/1.1 204 No\r\n\r\n"));
  EXPECT_EQ(response.status(), 204U);
  EXPECT_TRUE(response.done());

  HttpResponse endless(100);
  Result<void> fed;
  for (unsigned i = 0; i <= HttpResponse::kInterimMax && fed; ++i) {
    fed = endless.feed(interim);
  }
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), Errc::protocol_error);
}

TEST(HttpResponse, is_bounded) {
  HttpResponse long_body(10);
  EXPECT_EQ(long_body.feed("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n").error().code(),
            Errc::too_large);
  HttpResponse chunks(10);
  EXPECT_EQ(chunks.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n")
                .error()
                .code(),
            Errc::too_large);
  HttpResponse huge(10);
  EXPECT_FALSE(huge.feed("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"));
  HttpResponse bomb(10);
  EXPECT_EQ(bomb.feed("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a')).error().code(),
            Errc::too_large);
}

TEST(HttpResponse, of_an_event_stream_may_go_on) {
  HttpResponse response(10);
  ASSERT_TRUE(response.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  response.lift_body_limit();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(response.feed("5\r\n01234\r\n"));
    EXPECT_EQ(response.take_body(), "01234");
  }
}

TEST(HttpResponse, knows_broken_ones) {
  HttpResponse garbage(100);
  EXPECT_EQ(garbage.feed("SSH-2.0-OpenSSH\r\n\r\n").error().code(), Errc::protocol_error);
  HttpResponse nothing(100);
  EXPECT_EQ(nothing.end().error().code(), Errc::unavailable);
  HttpResponse half(100);
  ASSERT_TRUE(half.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"));
  EXPECT_EQ(half.end().error().code(), Errc::unavailable);
  HttpResponse until_end(100);
  ASSERT_TRUE(until_end.feed("HTTP/1.1 200 OK\r\n\r\nab"));
  EXPECT_TRUE(until_end.end());
  EXPECT_TRUE(until_end.done());
}

TEST(HttpResponse, tells_how_long_its_connection_can_be_kept) {
  const auto kept = [](const std::string& headers, const char* after = "") {
    HttpResponse response(100);
    EXPECT_TRUE(
        response.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + headers + "\r\n" + after));
    return response.reusable_for();
  };
  EXPECT_EQ(kept(""), milliseconds(29'000));
  EXPECT_EQ(kept("Keep-Alive: timeout=5\r\n"), milliseconds(4'000));
  EXPECT_EQ(kept("Keep-Alive: timeout=99999, max=3\r\n"), milliseconds(29'000));
  EXPECT_EQ(kept("Keep-Alive: timeout=1\r\n"), std::nullopt);
  EXPECT_EQ(kept("Connection: close\r\n"), std::nullopt);
  EXPECT_EQ(kept("", "more"), std::nullopt) << "bytes that nobody asked for";
}

TEST(LineSplitter, finds_lines_split_anywhere) {
  LineSplitter lines(100);
  lines.feed("on");
  EXPECT_EQ(lines.next(), std::nullopt);
  lines.feed("e\r\ntwo\n\nth");
  EXPECT_EQ(lines.next(), "one");
  EXPECT_EQ(lines.next(), "two");
  EXPECT_EQ(lines.next(), "");
  EXPECT_EQ(lines.next(), std::nullopt);
  lines.feed("ree\n");
  EXPECT_EQ(lines.next(), "three");
}

TEST(LineSplitter, tells_when_a_line_is_too_long) {
  LineSplitter lines(4);
  lines.feed("long enough, but whole\nabcd");
  EXPECT_EQ(lines.next(), "long enough, but whole");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_FALSE(lines.overflown());
  lines.feed("e");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_TRUE(lines.overflown());
  lines.drop();
  EXPECT_FALSE(lines.overflown());
}

TEST(Messages, ask_for_the_changes_that_are_announced) {
  EXPECT_EQ(listen_params(R"({"tools":{"listChanged":true},"prompts":{},"resources":)"
                          R"({"listChanged":true,"subscribe":true}})"),
            R"({"notifications":{"resourcesListChanged":true,"toolsListChanged":true}})");
  EXPECT_EQ(listen_params(R"({"tools":{"listChanged":false}})"), std::nullopt);
  EXPECT_EQ(listen_params("{}"), std::nullopt);
  EXPECT_EQ(listen_params(R"({"tools":7})"), std::nullopt);
}

TEST(Messages, find_the_error_of_a_body_without_our_id) {
  EXPECT_EQ(error_in_body(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"x"}})"),
            R"({"code":-32000,"message":"x"})");
  for (const char* body : {"", "not json", "[]", R"({"error":"text"})", R"({"error":{}})",
                           R"({"error":{"code":"7"}})"}) {
    EXPECT_EQ(error_in_body(body), "") << body;
  }
}

TEST(Messages, find_ids) {
  EXPECT_EQ(subscription_id(R"({"_meta":{"io.modelcontextprotocol/subscriptionId":7}})"), "7");
  EXPECT_EQ(subscription_id(R"({"_meta":{"io.modelcontextprotocol/subscriptionId":"7"}})"),
            R"("7")");
  EXPECT_EQ(subscription_id("{}"), "");
  EXPECT_EQ(cancelled_id(R"({"requestId":3})"), "3");
  EXPECT_EQ(cancelled_id("{}"), "");
}

}  // namespace
}  // namespace larder::gateway

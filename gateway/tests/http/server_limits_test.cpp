#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/test_client.hpp"
#include "http/test_server.hpp"

namespace larder::gateway {
namespace {

using testing::HasSubstr;

constexpr milliseconds kSoon{50};

// The reply to these bytes, after which the server must have closed.
ClientReply refused(const HttpLimits& limits, std::string_view bytes) {
  TestServer server(limits);
  TestClient client(server.port());
  client.send(bytes);
  auto reply = client.read();
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server.stats().malformed_total, 1U);
  return reply;
}

TEST(HttpLimits, a_malformed_request_is_answered_400_and_closed) {
  const auto reply = refused({}, "nonsense\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.body, R"({"error":"malformed request line"})");
}

TEST(HttpLimits, an_unknown_transfer_coding_is_answered_501) {
  EXPECT_EQ(refused({}, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n").status,
            501U);
}

TEST(HttpLimits, an_unknown_version_is_answered_505) {
  EXPECT_EQ(refused({}, "GET / HTTP/3.0\r\nHost: a\r\n\r\n").status, 505U);
}

TEST(HttpLimits, a_head_over_header_bytes_max_is_answered_431) {
  HttpLimits limits;
  limits.header_bytes_max = 100;
  const auto reply = refused(limits, "GET / HTTP/1.1\r\nX: " + std::string(100, 'x'));
  EXPECT_EQ(reply.status, 431U);
  EXPECT_THAT(reply.body, HasSubstr("header_bytes_max"));
}

TEST(HttpLimits, more_fields_than_headers_max_are_answered_431) {
  HttpLimits limits;
  limits.headers_max = 1;
  const auto reply = refused(limits, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n");
  EXPECT_EQ(reply.status, 431U);
  EXPECT_THAT(reply.body, HasSubstr("headers_max"));
}

TEST(HttpLimits, a_body_over_body_bytes_max_is_answered_413_while_the_client_still_sends) {
  HttpLimits limits;
  limits.body_bytes_max = 1'000;
  TestServer server(limits);
  TestClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  client.send(std::string(100'000, 'x'));
  const auto reply = client.read();
  EXPECT_EQ(reply.status, 413U);
  EXPECT_THAT(reply.body, HasSubstr("body_bytes_max"));
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpLimits, a_client_that_never_stops_sending_after_its_413_is_cut) {
  HttpLimits limits;
  limits.body_bytes_max = 10;
  TestServer server(limits);
  TestClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n");
  const std::string more(65'536, 'x');
  std::size_t sent = 0;
  while (client.send(more)) {
    sent += more.size();
    ASSERT_LT(sent, 100U << 20);
  }
  EXPECT_EQ(server.stats().malformed_total, 1U);
}

TEST(HttpLimits, a_connection_over_connections_max_is_answered_503_and_closed) {
  HttpLimits limits;
  limits.connections_max = 1;
  TestServer server(limits);
  TestClient first(server.port());
  EXPECT_EQ(first.get("/echo").status, 200U);
  TestClient second(server.port());
  const auto reply = second.read();
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_THAT(reply.body, HasSubstr("connections_max"));
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_EQ(server.stats().refused_total, 1U);
  EXPECT_EQ(first.get("/echo").status, 200U);
}

TEST(HttpLimits, a_request_over_requests_max_is_answered_503_and_may_come_again) {
  HttpLimits limits;
  limits.requests_max = 1;
  TestServer server(limits);
  TestClient slow(server.port());
  slow.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().await_arrived(1);
  TestClient quick(server.port());
  const auto reply = quick.get("/echo");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_THAT(reply.body, HasSubstr("requests_max"));
  EXPECT_EQ(server.stats().refused_total, 1U);
  server.open_gate();
  EXPECT_EQ(slow.read().status, 200U);
  EXPECT_EQ(quick.get("/echo").status, 200U);
}

TEST(HttpLimits, headers_slower_than_header_timeout_are_answered_408) {
  HttpLimits limits;
  limits.header_timeout = kSoon;
  const auto reply = refused(limits, "GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(reply.status, 408U);
  EXPECT_THAT(reply.body, HasSubstr("header_timeout"));
}

TEST(HttpLimits, dripping_bytes_do_not_extend_header_timeout) {
  HttpLimits limits;
  limits.header_timeout = kSoon;
  limits.header_bytes_max = 1U << 30;  // only the time-out can end it
  TestServer server(limits);
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\nX: ");
  for (int sent = 0; server.stats().malformed_total == 0 && client.send("x"); ++sent) {
    ASSERT_LT(sent, 10'000'000);
  }
  EXPECT_EQ(client.read().status, 408U);
}

TEST(HttpLimits, a_body_slower_than_body_timeout_is_answered_408) {
  HttpLimits limits;
  limits.body_timeout = kSoon;
  const auto reply =
      refused(limits, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(reply.status, 408U);
  EXPECT_THAT(reply.body, HasSubstr("body_timeout"));
}

TEST(HttpLimits, a_connection_idle_for_idle_timeout_is_closed_in_silence) {
  HttpLimits limits;
  limits.idle_timeout = kSoon;
  TestServer server(limits);
  TestClient fresh(server.port());
  EXPECT_EQ(fresh.read_to_end(), "");
  TestClient used(server.port());
  EXPECT_EQ(used.get("/echo").status, 200U);
  EXPECT_EQ(used.read_to_end(), "");
  EXPECT_EQ(server.stats().malformed_total, 0U);
}

TEST(HttpLimits, a_client_that_does_not_read_for_write_timeout_is_closed) {
  HttpLimits limits;
  limits.write_timeout = kSoon;
  limits.stop_timeout = milliseconds(60'000);
  TestServer server(limits);
  TestClient client(server.port());
  client.read_slowly();
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  server.stop();  // waits for the connection, which the time-out ends
  EXPECT_EQ(server.stats().connections, 0U);
  EXPECT_LT(client.read_to_end().size(), TestServer::kBigBytes);
}

TEST(HttpLimits, a_running_handler_is_not_timed_out) {
  HttpLimits limits;
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = limits.write_timeout =
      milliseconds(5);
  TestServer server(limits);
  TestClient idle(server.port());
  TestClient client(server.port());
  client.send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nheld");
  server.gate().await_arrived(1);
  // By the time this one is closed for idleness, the held one is older than any time-out.
  EXPECT_EQ(idle.read_to_end(), "");
  server.open_gate();
  EXPECT_EQ(client.read().body, "held");
}

}  // namespace
}  // namespace larder::gateway

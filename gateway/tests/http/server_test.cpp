#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/test_client.hpp"
#include "http/test_server.hpp"

namespace larder::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HttpServer, answers_with_status_type_length_date_and_body) {
  TestServer server;
  TestClient client(server.port());
  const auto reply = client.post("/echo", "hello");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Content-Type"), "text/plain");
  EXPECT_EQ(reply.header("Content-Length"), "5");
  EXPECT_THAT(reply.header("Date"), HasSubstr(" GMT"));
  EXPECT_EQ(reply.header("Connection"), "");
  EXPECT_EQ(reply.body, "hello");
}

TEST(HttpServer, tells_the_handler_what_was_asked_and_by_whom) {
  TestServer server;
  TestClient client(server.port());
  client.send("PUT /facts?q HTTP/1.1\r\nHost: a\r\nX-Fact: yes\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(client.read().body, "PUT /facts?q yes hi 127.0.0.1");
}

TEST(HttpServer, serves_many_requests_on_one_connection) {
  TestServer server;
  TestClient client(server.port());
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(client.post("/echo", std::to_string(i)).body, std::to_string(i));
  }
  EXPECT_EQ(server.stats().connections_total, 1U);
}

TEST(HttpServer, answers_pipelined_requests_in_order) {
  TestServer server;
  TestClient client(server.port());
  std::string requests;
  for (int i = 100; i < 400; ++i) {
    requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" + std::to_string(i);
  }
  client.send(requests);
  for (int i = 100; i < 400; ++i) {
    EXPECT_EQ(client.read().body, std::to_string(i));
  }
}

TEST(HttpServer, answers_a_pipelined_request_after_the_slow_one_before_it) {
  TestServer server;
  TestClient client(server.port());
  client.send(
      "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nslow"
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nquick");
  server.gate().await_arrived(1);
  server.open_gate();
  EXPECT_EQ(client.read().body, "slow");
  EXPECT_EQ(client.read().body, "quick");
}

TEST(HttpServer, reads_a_request_that_comes_in_pieces) {
  TestServer server;
  TestClient client(server.port());
  for (const auto* piece : {"POST /ec", "ho HTTP/1.1\r", "\nHost: a\r\nContent-Le", "ngth: 4\r\n",
                            "\r", "\n", "ab", "cd"}) {
    EXPECT_TRUE(client.send(piece));
  }
  EXPECT_EQ(client.read().body, "abcd");
}

TEST(HttpServer, reads_a_chunked_request) {
  TestServer server;
  TestClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nchun\r\n3\r\nked\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().body, "chunked");
  EXPECT_EQ(client.post("/echo", "next").body, "next");
}

TEST(HttpServer, answers_head_with_a_length_and_no_body) {
  TestServer server;
  TestClient client(server.port());
  client.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto reply = client.read_head_reply();
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Content-Length"), std::to_string(TestServer::kBigBytes));
  EXPECT_EQ(client.post("/echo", "next").body, "next");
}

TEST(HttpServer, tells_a_client_that_asks_to_continue) {
  TestServer server;
  TestClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_head_reply().status, 100U);
  client.send("ok");
  const auto reply = client.read();
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "ok");
}

TEST(HttpServer, saves_the_permission_when_the_body_came_along) {
  TestServer server;
  TestClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(client.read().status, 200U);
}

TEST(HttpServer, closes_when_the_client_asks_for_it) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read().header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, closes_when_the_handler_asks_for_it) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.get("/close").header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, closes_after_a_1_0_request) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, keeps_a_1_0_connection_that_asks_for_it) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read().header("Connection"), "keep-alive");
  EXPECT_EQ(client.post("/echo", "next").body, "next");
}

TEST(HttpServer, sends_a_reply_larger_than_the_sockets_buffer) {
  TestServer server;
  TestClient client(server.port());
  client.read_slowly();
  const auto reply = client.get("/big");
  EXPECT_EQ(reply.body.size(), TestServer::kBigBytes);
  EXPECT_EQ(reply.body.find('b'), TestServer::kBigBytes / 2);
  EXPECT_EQ(client.post("/echo", "next").body, "next");
}

TEST(HttpServer, answers_500_when_a_handler_throws_and_goes_on) {
  TestServer server;
  TestClient client(server.port());
  const auto reply = client.get("/throw");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.body, R"({"error":"internal error"})");
  EXPECT_EQ(client.post("/echo", "next").body, "next");
  EXPECT_THAT(server.log().lines(),
              ElementsAre("http: a handler threw path=/throw what=out of paper"));
}

TEST(HttpServer, reports_each_exchange_to_its_observer) {
  std::mutex mutex;
  std::vector<std::string> seen;
  {
    TestServer server({}, 1, [&](const HttpExchange& exchange) {
      const std::lock_guard lock(mutex);
      EXPECT_GE(exchange.duration_us, 0);
      seen.push_back(std::string(exchange.request.target) + " " +
                     std::to_string(exchange.reply.status));
    });
    TestClient client(server.port());
    client.get("/echo?a");
    client.get("/throw");
  }
  EXPECT_THAT(seen, ElementsAre("/echo?a 200", "/throw 500"));
}

TEST(HttpServer, listens_on_every_thread_and_keeps_a_connection_on_its_own) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  TestServer server({}, 3, [&](const HttpExchange&) {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  // The kernel spreads connections by a hash of their ports.
  for (int i = 0; i < 200; ++i) {
    TestClient client(server.port());
    EXPECT_EQ(client.get("/echo").status, 200U);
  }
  const std::lock_guard lock(mutex);
  EXPECT_EQ(threads.size(), 3U);
}

TEST(HttpServer, counts_connections_and_requests) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().await_arrived(1);
  EXPECT_EQ(server.stats().connections, 1U);
  EXPECT_EQ(server.stats().requests, 1U);
  server.open_gate();
  EXPECT_EQ(client.read().status, 200U);
  EXPECT_EQ(server.stats().requests, 0U);
  server.stop();
  EXPECT_EQ(server.stats().connections, 0U);
}

// ---- starting ----

Result<std::unique_ptr<HttpServer>> start_at(Runtime& runtime, const std::string& host,
                                             std::uint16_t port) {
  HttpServerOptions options;
  options.host = host;
  options.port = port;
  return HttpServer::start(
      runtime, options, [](const HttpRequest&) -> awaitable<HttpReply> { co_return HttpReply{}; },
      {}, null_log());
}

TEST(HttpServerStart, says_that_a_port_is_taken) {
  TestServer first({}, 2);
  const auto second = start_at(first.runtime(), "127.0.0.1", first.port());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), Errc::unavailable);
  EXPECT_THAT(second.error().context(),
              HasSubstr("127.0.0.1 port " + std::to_string(first.port())));
}

TEST(HttpServerStart, says_that_an_address_is_not_ours) {
  TestServer other;
  const auto server = start_at(other.runtime(), "192.0.2.1", 0);
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code(), Errc::invalid_argument);
}

TEST(HttpServerStart, says_that_a_name_is_unknown) {
  TestServer other;
  const auto server = start_at(other.runtime(), "no such host", 0);
  ASSERT_FALSE(server.has_value());
  EXPECT_THAT(server.error().context(), HasSubstr("no such host"));
}

TEST(HttpServerStart, takes_a_name_for_an_address) {
  TestServer other;
  auto server = start_at(other.runtime(), "localhost", 0);
  ASSERT_TRUE(server.has_value()) << server.error().message();
  EXPECT_NE((*server)->port(), 0);
  other.runtime().run("stop", (*server)->stop());
}

TEST(HttpServerStart, can_take_the_port_of_a_server_that_stopped) {
  std::uint16_t port = 0;
  {
    TestServer first;
    port = first.port();
    TestClient client(port);
    EXPECT_EQ(client.get("/echo").status, 200U);
  }
  TestServer other;
  auto server = start_at(other.runtime(), "127.0.0.1", port);
  ASSERT_TRUE(server.has_value()) << server.error().message();
  other.runtime().run("stop", (*server)->stop());
}

}  // namespace
}  // namespace larder::gateway

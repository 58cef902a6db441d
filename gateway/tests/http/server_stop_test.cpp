// How requests end early: the client hangs up, or the server stops.
#include <gtest/gtest.h>

#include <string>

#include "http/test_client.hpp"
#include "http/test_server.hpp"

namespace larder::gateway {
namespace {

constexpr std::string_view kHold =
    "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nheld";

TEST(HttpCancel, a_client_that_closes_cancels_its_handler) {
  TestServer server;
  TestClient client(server.port());
  client.send(kHold);
  server.gate().await_arrived(1);
  client.close();
  server.gate().await_cancelled(1);
  server.stop();
  EXPECT_EQ(server.stats().connections, 0U);
  EXPECT_EQ(server.stats().requests, 0U);
  EXPECT_TRUE(server.log().lines().empty());
}

TEST(HttpCancel, a_client_that_closes_behind_a_pipelined_request_cancels_its_handler) {
  TestServer server;
  TestClient client(server.port());
  client.send(std::string(kHold) + "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().await_arrived(1);
  client.close();
  server.gate().await_cancelled(1);
}

TEST(HttpCancel, a_pipelined_request_is_no_disconnect) {
  TestServer server;
  TestClient other(server.port());
  TestClient client(server.port());
  client.send(std::string(kHold) + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  server.gate().await_arrived(1);
  client.send("next");
  // This cancellation needs a round of the sweeper, which saw the other connection too.
  other.send(kHold);
  server.gate().await_arrived(2);
  other.close();
  server.gate().await_cancelled(1);
  server.open_gate();
  EXPECT_EQ(client.read().body, "held");
  EXPECT_EQ(client.read().body, "next");
}

TEST(HttpCancel, cancelling_one_client_leaves_the_others_alone) {
  TestServer server;
  TestClient gone(server.port());
  TestClient stays(server.port());
  gone.send(kHold);
  stays.send(kHold);
  server.gate().await_arrived(2);
  gone.close();
  server.gate().await_cancelled(1);
  server.open_gate();
  EXPECT_EQ(stays.read().body, "held");
}

TEST(HttpStop, closes_idle_connections_at_once) {
  HttpLimits limits;
  limits.stop_timeout = milliseconds(60'000);
  TestServer server(limits);
  TestClient used(server.port());
  EXPECT_EQ(used.get("/echo").status, 200U);
  TestClient fresh(server.port());
  EXPECT_EQ(fresh.get("/echo").status, 200U);
  server.stop();
  EXPECT_EQ(used.read_to_end(), "");
  EXPECT_EQ(fresh.read_to_end(), "");
}

TEST(HttpStop, lets_a_running_request_finish_and_then_closes) {
  TestServer server;
  TestClient client(server.port());
  client.send(kHold);
  server.gate().await_arrived(1);
  server.stop_in_background();
  server.open_gate();
  const auto reply = client.read();
  EXPECT_EQ(reply.body, "held");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpStop, accepts_nobody_any_more) {
  TestServer server;
  TestClient client(server.port());
  client.send(kHold);
  server.gate().await_arrived(1);
  server.stop_in_background();
  TestClient late(server.port());
  EXPECT_FALSE(late.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.open_gate();
  EXPECT_EQ(client.read().body, "held");
}

TEST(HttpStop, cuts_what_still_runs_after_stop_timeout) {
  HttpLimits limits;
  limits.stop_timeout = milliseconds(50);
  TestServer server(limits);
  TestClient held(server.port());
  held.send(kHold);
  server.gate().await_arrived(1);
  TestClient half(server.port());
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  server.stop();
  server.gate().await_cancelled(1);
  EXPECT_EQ(held.read_to_end(), "");
  EXPECT_EQ(half.read_to_end(), "");
  EXPECT_EQ(server.stats().connections, 0U);
}

TEST(HttpStop, works_from_several_threads_with_clients_on_each) {
  TestServer server({}, 3);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    EXPECT_EQ(clients.back()->get("/echo").status, 200U);
  }
  server.stop();
  EXPECT_EQ(server.stats().connections, 0U);
  for (const auto& client : clients) {
    EXPECT_EQ(client->read_to_end(), "");
  }
}

}  // namespace
}  // namespace larder::gateway

// Upstream against a legacy HTTP server of which the test decides every byte.
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_server.hpp"
#include "fixture.hpp"
#include "http_scripts.hpp"

namespace larder::gateway::test {
namespace {

using Json = nlohmann::json;

// Opens sessions s1, s2, ... and has no GET stream; the rest is the test's.
FakeServer::Script legacy(FakeServer::Script rest) {
  auto sessions = std::make_shared<int>(0);
  return [rest = std::move(rest), sessions](Peer& peer, const Seen& seen) -> awaitable<void> {
    const std::string method = seen.rpc_method();
    if (method == "server/discover") {
      co_await peer.reply(400, "application/json",
                          R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}})");
    } else if (method == "initialize") {
      const std::string session = "Mcp-Session-Id: s" + std::to_string(++*sessions) + "\r\n";
      const std::string body = R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() + R"(,"result":)" +
                               std::string(kInitialized) + "}";
      co_await peer.reply(200, "application/json", body, session);
    } else if (method == "notifications/initialized" || method == "notifications/cancelled") {
      co_await peer.reply(202, "text/plain", "");
    } else if (seen.method == "GET" || seen.method == "DELETE") {
      co_await peer.reply(405, "text/plain", "");
    } else {
      co_await rest(peer, seen);
    }
  };
}

// The same with a GET stream that is the test's too.
FakeServer::Script legacy_with_stream(FakeServer::Script on_get, FakeServer::Script rest) {
  auto inner = legacy(std::move(rest));
  return [inner = std::move(inner), on_get = std::move(on_get)](
             Peer& peer, const Seen& seen) -> awaitable<void> {
    if (seen.method == "GET") {
      co_await on_get(peer, seen);
    } else {
      co_await inner(peer, seen);
    }
  };
}

constexpr const char* kToolsChanged =
    R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})";

TEST(HttpLegacy, opens_a_session_and_ends_it) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy(answer_empty));
    Upstream& upstream = t.connect(to(server));
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_TRUE(facts);
    EXPECT_EQ(facts->era, mcp::Era::legacy);
    EXPECT_EQ(facts->version, "2025-11-25");
    EXPECT_EQ(Json::parse(facts->server_info_json)["name"], "old");
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    co_await until([&server] { return server.count("GET") == 1; });

    const Seen& initialize = server.last("initialize");
    EXPECT_EQ(initialize.header("MCP-Protocol-Version"), "");
    EXPECT_EQ(initialize.header("Mcp-Session-Id"), "");
    EXPECT_EQ(Json::parse(initialize.body)["params"]["capabilities"], Json::object());
    EXPECT_EQ(Json::parse(initialize.body)["params"]["protocolVersion"], "2025-11-25");
    for (const char* method : {"notifications/initialized", "tools/list", "GET"}) {
      EXPECT_EQ(server.last(method).header("MCP-Protocol-Version"), "2025-11-25") << method;
      EXPECT_EQ(server.last(method).header("Mcp-Session-Id"), "s1") << method;
    }
    const Seen& call = server.last("tools/list");
    EXPECT_EQ(call.header("Mcp-Method"), "");
    EXPECT_FALSE(Json::parse(call.body)["params"].contains("_meta"));

    co_await t.close();
    EXPECT_EQ(server.count("DELETE"), 1U);
    EXPECT_EQ(server.last("DELETE").header("Mcp-Session-Id"), "s1");
  });
}

TEST(HttpLegacy, sends_no_version_header_to_the_oldest_servers) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve([](Peer& peer, const Seen& seen) -> awaitable<void> {
      const std::string method = seen.rpc_method();
      if (method == "initialize") {
        co_await peer.result(seen, R"({"protocolVersion":"2025-03-26","capabilities":{}})");
      } else if (method == "tools/list") {
        co_await peer.result(seen, "{}");
      } else if (method == "notifications/initialized") {
        co_await peer.reply(202, "text/plain", "");
      } else {
        co_await peer.reply(404, "text/plain", "");
      }
    });
    Upstream& upstream = t.connect(to(server));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(server.last("tools/list").header("MCP-Protocol-Version"), "");
    EXPECT_EQ(server.last("tools/list").header("Mcp-Session-Id"), "");
  });
}

TEST(HttpLegacy, opens_a_new_session_and_sends_again_when_the_old_one_is_gone) {
  for (const bool by_the_book : {true, false}) {
    static bool book;
    book = by_the_book;
    SCOPED_TRACE(by_the_book ? "404" : "400 with an error without id");
    play([](Stage& t) -> awaitable<void> {
      FakeServer& server = t.serve(legacy([](Peer& peer, const Seen& seen) -> awaitable<void> {
        if (seen.header("Mcp-Session-Id") == "s2") {
          co_await peer.result(seen, "{}");
        } else if (book) {
          co_await peer.reply(404, "text/plain", "");
        } else {
          co_await peer.reply(
              400, "application/json",
              R"({"jsonrpc":"2.0","error":{"code":-32000,"message":"no session"}})");
        }
      }));
      Upstream& upstream = t.connect(to(server));
      EXPECT_TRUE(co_await upstream.facts(t.soon()));
      auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
      co_await t.advance_until([&call] { return call.ended(); });
      EXPECT_TRUE(co_await call.answer());
      EXPECT_EQ(server.count("tools/call"), 2U);
      EXPECT_EQ(server.count("initialize"), 2U);
      EXPECT_EQ(server.count("server/discover"), 1U) << "the era is known";
      EXPECT_EQ(upstream.status().calls, 1U);
    });
  }
}

TEST(HttpLegacy, sends_again_only_once) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy([](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
      co_await peer.reply(404, "text/plain", "");
    }));
    Upstream& upstream = t.connect(to(server));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await t.advance_until([&call] { return call.ended(); });
    EXPECT_FALSE(co_await call.answer());
    EXPECT_EQ(server.count("tools/call"), 2U);
  });
}

TEST(HttpLegacy, tells_the_server_that_nobody_waits_any_more) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy(never_answer));
    Upstream& upstream = t.connect(to(server));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await until([&server] { return server.count("tools/call") == 1; });
    t.clock.advance(milliseconds(20'000));
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::timeout);
    co_await until([&server] { return server.count("notifications/cancelled") == 1; });
    const Json params = Json::parse(server.last("notifications/cancelled").body)["params"];
    EXPECT_EQ(params["requestId"].dump(), server.last("tools/call").rpc_id());
    EXPECT_EQ(server.last("notifications/cancelled").header("Mcp-Session-Id"), "s1");
  });
}

TEST(HttpLegacy, refuses_what_the_server_asks_and_marks_the_call) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy([](Peer& peer, const Seen& seen) -> awaitable<void> {
      if (seen.rpc_method().empty()) {  // our response
        co_await peer.reply(202, "text/plain", "");
        co_return;
      }
      co_await peer.stream();
      co_await peer.event(
          R"({"jsonrpc":"2.0","id":"q1","method":"elicitation/create","params":{}})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() + R"(,"result":{}})");
      peer.close();
    }));
    Upstream& upstream = t.connect(to(server));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    EXPECT_TRUE(reply->interacted);
    co_await until([&server] { return server.last("").rpc_id() == R"("q1")"; });
    const Json answer = Json::parse(server.last("").body);
    EXPECT_EQ(answer["error"]["code"], -32601);
    EXPECT_EQ(server.last("").header("Mcp-Session-Id"), "s1");
  });
}

TEST(HttpLegacy, answers_a_ping_and_thinks_nothing_of_it) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy([](Peer& peer, const Seen& seen) -> awaitable<void> {
      if (seen.rpc_method().empty()) {
        co_await peer.reply(202, "text/plain", "");
        co_return;
      }
      co_await peer.stream();
      co_await peer.event(R"({"jsonrpc":"2.0","id":5,"method":"ping"})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() + R"(,"result":{}})");
      peer.close();
    }));
    Upstream& upstream = t.connect(to(server));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    EXPECT_FALSE(reply->interacted);
    co_await until([&server] { return server.last("").rpc_id() == "5"; });
    EXPECT_EQ(Json::parse(server.last("").body)["result"], Json::object());
  });
}

TEST(HttpLegacy, goes_on_with_an_answer_that_was_broken_off) {
  play([](Stage& t) -> awaitable<void> {
    static std::string id;
    FakeServer& server = t.serve(legacy_with_stream(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          if (seen.header("Last-Event-ID") != "e1") {
            co_await peer.reply(405, "text/plain", "");
            co_return;
          }
          co_await peer.stream();
          co_await peer.event(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"late":true}})");
          peer.close();
        },
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          id = seen.rpc_id();
          co_await peer.stream();
          co_await peer.send("retry: 10\nid: e1\ndata:\n\n");
          peer.close();
        }));
    Upstream& upstream = t.connect(to(server));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await t.advance_until([&call] { return call.ended(); });
    const auto reply = co_await call.answer();
    EXPECT_TRUE(reply);
    EXPECT_EQ(reply->json, R"({"late":true})");
    EXPECT_EQ(server.count("tools/call"), 1U);
  });
}

// ---- notifications ----

TEST(HttpLegacy, listens_on_the_get_stream_and_goes_on_where_it_broke) {
  play([](Stage& t) -> awaitable<void> {
    static int streams;
    streams = 0;
    FakeServer& server = t.serve(legacy_with_stream(
        [](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
          co_await peer.stream();
          if (++streams == 1) {
            co_await peer.send("retry: 70\n");
            co_await peer.event(kToolsChanged, "e7");
            peer.close();
          } else {
            co_await peer.until_closed();
          }
        },
        answer_empty));
    t.connect(to(server));
    co_await t.advance_until([&t] { return t.notices.size() >= 2; });
    EXPECT_EQ(t.notices[0].method, "notifications/tools/list_changed");
    EXPECT_TRUE(t.notices[1].lost) << "after it was opened again";
    EXPECT_EQ(server.last("GET").header("Last-Event-ID"), "e7");
    EXPECT_EQ(server.last("GET").header("Accept"), "text/event-stream");
    EXPECT_EQ(server.count("initialize"), 1U);
  });
}

TEST(HttpLegacy, does_not_ask_twice_for_a_stream_that_is_not_offered) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy(answer_empty));
    Upstream& upstream = t.connect(to(server));
    co_await until([&server] { return server.count("GET") == 1; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    t.clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(server.count("GET"), 1U);
    EXPECT_TRUE(t.notices.empty());
  });
}

TEST(HttpLegacy, opens_a_new_session_when_the_stream_says_that_it_ended) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy_with_stream(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          if (seen.header("Mcp-Session-Id") == "s1") {
            co_await peer.reply(404, "text/plain", "");
          } else {
            co_await peer.stream();
            co_await peer.until_closed();
          }
        },
        answer_empty));
    Upstream& upstream = t.connect(to(server));
    co_await t.advance_until([&server] { return server.count("initialize") == 2; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(server.last("tools/list").header("Mcp-Session-Id"), "s2");
    EXPECT_EQ(server.count("server/discover"), 1U);
  });
}

TEST(HttpLegacy, hears_notifications_on_the_stream_of_a_call) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy([](Peer& peer, const Seen& seen) -> awaitable<void> {
      co_await peer.stream();
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})");
      co_await peer.event(
          R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() + R"(,"result":{}})");
      peer.close();
    }));
    Upstream& upstream = t.connect(to(server));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/call")));
    co_await until([&t] { return !t.notices.empty(); });
    EXPECT_EQ(t.notices[0].method, "notifications/resources/updated");
    EXPECT_EQ(Json::parse(t.notices[0].params_json)["uri"], "a:b");
    EXPECT_EQ(t.notices.size(), 1U);
  });
}

TEST(HttpLegacy, turns_a_flood_of_notifications_into_one_word) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(legacy_with_stream(
        [](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
          std::string flood;
          for (int i = 0; i < 2000; ++i) {
            flood += std::string("data: ") + kToolsChanged + "\n\n";
          }
          co_await peer.stream();
          co_await peer.send(flood + "data: {}\n\n");
          co_await peer.until_closed();
        },
        answer_empty));
    t.hold_notices = true;
    Upstream& upstream = t.connect(to(server));
    co_await until([&upstream] { return upstream.status().ignored == 1; });  // the last event
    t.hold_notices = false;
    co_await until([&t] { return t.notices.size() > 1; });
    EXPECT_TRUE(t.notices[1].lost) << "what did not fit";
  });
}

TEST(HttpLegacy, survives_a_server_that_starts_again) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& first = t.serve(legacy(answer_empty));
    const unsigned short port = first.port();
    Upstream& upstream = t.connect(to(first));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    co_await first.stop();
    const auto reply = co_await upstream.call(t.call_to("tools/list"));
    EXPECT_EQ(reply.error().code(), Errc::unavailable);
    EXPECT_EQ(reply.error().advice(), Advice::later);
    co_await t.advance_until(
        [&upstream] { return upstream.status().state == UpstreamState::failed; });
    FakeServer& second = t.serve(legacy(answer_empty), port);
    co_await t.advance_until(
        [&upstream] { return upstream.status().state == UpstreamState::ready; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(second.count("server/discover"), 1U) << "it may be another era now";
    EXPECT_EQ(upstream.status().last_error, "");
  });
}

}  // namespace
}  // namespace larder::gateway::test

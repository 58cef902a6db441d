// Upstream against a modern HTTP server of which the test decides every byte.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_server.hpp"
#include "fixture.hpp"
#include "http_scripts.hpp"

namespace larder::gateway::test {
namespace {

using Json = nlohmann::json;

TEST(HttpModern, learns_the_facts_from_discovery) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(answer_empty));
    Upstream& upstream = t.connect(to(server));
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_TRUE(facts);
    EXPECT_EQ(facts->era, mcp::Era::modern);
    EXPECT_EQ(facts->version, "2026-07-28");
    EXPECT_EQ(facts->instructions, "be kind");
    EXPECT_EQ(Json::parse(facts->server_info_json)["name"], "fake");
    const UpstreamStatus status = upstream.status();
    EXPECT_EQ(status.state, UpstreamState::ready);
    EXPECT_EQ(status.facts->version, "2026-07-28");
    EXPECT_EQ(status.last_error, "");
    EXPECT_EQ(server.count("subscriptions/listen"), 0U) << "the server announces no changes";
  });
}

TEST(HttpModern, sends_a_call_with_its_headers_and_metadata) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& seen) -> awaitable<void> {
      co_await peer.result(seen, R"({"content":[]})");
    }));
    UpstreamOptions options = to(server);
    std::get<HttpUpstreamOptions>(options.transport)
        .headers.emplace_back("Authorization", Secret("Bearer token"));
    Upstream& upstream = t.connect(std::move(options));
    UpstreamCall call = t.call_to("tools/call", R"({"name":"sql","arguments":{"region":"eu"}})");
    call.facts.name = "sql";
    call.facts.arguments_json = R"({"region":"eu"})";
    call.params.push_back({.header = "Region", .path = {"region"}, .type = "string"});
    const auto reply = co_await upstream.call(std::move(call));
    EXPECT_TRUE(reply);
    EXPECT_FALSE(reply->is_error);
    EXPECT_EQ(reply->json, R"({"content":[]})");
    EXPECT_FALSE(reply->interacted);

    const Seen& seen = server.last("tools/call");
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.header("Accept"), "application/json, text/event-stream");
    EXPECT_EQ(seen.header("Content-Type"), "application/json");
    EXPECT_EQ(seen.header("MCP-Protocol-Version"), "2026-07-28");
    EXPECT_EQ(seen.header("Mcp-Method"), "tools/call");
    EXPECT_EQ(seen.header("Mcp-Name"), "sql");
    EXPECT_EQ(seen.header("Mcp-Param-Region"), "eu");
    EXPECT_EQ(seen.header("Authorization"), "Bearer token");
    EXPECT_EQ(seen.header("Mcp-Session-Id"), "");
    const Json meta = Json::parse(seen.body)["params"]["_meta"];
    EXPECT_EQ(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    EXPECT_EQ(upstream.status().calls, 1U);
    EXPECT_EQ(upstream.status().failures, 0U);
  });
}

TEST(HttpModern, uses_a_connection_again) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(answer_empty));
    Upstream& upstream = t.connect(to(server));
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    }
    EXPECT_EQ(server.connections(), 1U);
  });
}

// A stream in chunks; the end of it with the answer, or after it.
FakeServer::Script stream_of_chunks(bool end_apart) {
  return [end_apart](Peer& peer, const Seen& seen) -> awaitable<void> {
    const std::string data =
        fmt::format("data: {{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{}}}}\n\n", seen.rpc_id());
    const std::string chunk = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
        data.size(), data);
    const std::string end = "0\r\n\r\n";
    co_await peer.send(end_apart ? chunk : chunk + end);
    if (end_apart) {
      co_await peer.send(end);
    }
  };
}

TEST(HttpModern, uses_a_connection_again_after_a_stream) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(stream_of_chunks(false)));
    Upstream& upstream = t.connect(to(server));
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    }
    EXPECT_EQ(server.connections(), 1U);
  });
}

TEST(HttpModern, does_not_wait_for_the_end_of_a_stream_to_answer_but_to_use_its_connection) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(stream_of_chunks(true)));
    Upstream& upstream = t.connect(to(server));
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    }
    EXPECT_LT(server.connections(), 50U);
  });
}

TEST(HttpModern, notices_an_idle_connection_that_was_closed) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(answer_empty));
    Upstream& upstream = t.connect(to(server));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    server.cut();
    co_await until([&server] { return server.open() == 0; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(server.connections(), 2U);
    EXPECT_EQ(server.count("server/discover"), 1U);
  });
}

TEST(HttpModern, does_not_open_more_connections_than_allowed) {
  play([](Stage& t) -> awaitable<void> {
    static bool open_gate;
    open_gate = false;
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& seen) -> awaitable<void> {
      co_await until([] { return open_gate; });
      co_await peer.result(seen, "{}");
    }));
    UpstreamOptions options = to(server);
    std::get<HttpUpstreamOptions>(options.transport).connections_max = 2;
    Upstream& upstream = t.connect(std::move(options));
    EXPECT_TRUE(co_await upstream.facts(t.soon()));
    std::vector<testkit::Started<Result<UpstreamReply>>> calls;
    for (int i = 0; i < 5; ++i) {
      calls.push_back(testkit::start(t.executor(), upstream.call(t.call_to("tools/list"))));
    }
    co_await until([&server] { return server.count("tools/list") == 2; });
    open_gate = true;
    for (auto& call : calls) {
      EXPECT_TRUE(co_await call.answer());
    }
    EXPECT_EQ(server.count("tools/list"), 5U);
    EXPECT_EQ(server.connections(), 2U);
  });
}

TEST(HttpModern, refuses_calls_over_the_bound) {
  play([](Stage& t) -> awaitable<void> {
    UpstreamOptions options = to(t.serve(modern(never_answer)));
    options.limits.calls_max = 1;
    Upstream& upstream = t.connect(std::move(options));
    auto first = testkit::start(t.executor(), upstream.call(t.call_to("tools/list")));
    co_await until([&upstream] { return upstream.status().state == UpstreamState::ready; });
    const auto second = co_await upstream.call(t.call_to("tools/list"));
    EXPECT_EQ(second.error().code(), Errc::overloaded);
    EXPECT_EQ(second.error().advice(), Advice::later);
    co_await t.close();
    EXPECT_EQ((co_await first.answer()).error().code(), Errc::closed);
  });
}

TEST(HttpModern, hands_the_servers_error_on) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& seen) -> awaitable<void> {
      const std::string body = R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() +
                               R"(,"error":{"code":-32020,"message":"mismatch"}})";
      co_await peer.reply(400, "application/json", body);
    }));
    const auto reply = co_await t.connect(to(server)).call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    EXPECT_TRUE(reply->is_error);
    EXPECT_EQ(Json::parse(reply->json)["code"], -32020);
    EXPECT_EQ(server.count("tools/call"), 1U) << "the engine decides what to do about it";
  });
}

TEST(HttpModern, reads_an_answer_out_of_a_stream) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& seen) -> awaitable<void> {
      co_await peer.stream();
      co_await peer.send(": a comment\n\n");
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{}})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":"other","result":{}})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":)" + seen.rpc_id() + R"(,"result":{"a":1}})");
      co_await peer.until_closed();
    }));
    Upstream& upstream = t.connect(to(server));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    EXPECT_EQ(reply->json, R"({"a":1})");
    EXPECT_EQ(upstream.status().ignored, 1U);
    EXPECT_TRUE(t.notices.empty());
  });
}

TEST(HttpModern, says_when_a_request_was_not_sent) {
  play([](Stage& t) -> awaitable<void> {
    // A port where nobody listens any more.
    FakeServer& server = t.serve(modern(answer_empty));
    UpstreamOptions options = to(server);
    co_await server.stop();
    Upstream& upstream = t.connect(std::move(options));
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_EQ(facts.error().code(), Errc::unavailable);
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_EQ(reply.error().code(), Errc::unavailable);
    EXPECT_EQ(reply.error().advice(), Advice::later);
    EXPECT_EQ(upstream.status().state, UpstreamState::failed);
    EXPECT_NE(upstream.status().last_error, "");
    EXPECT_EQ(upstream.status().calls, 0U);
  });
}

TEST(HttpModern, says_when_a_request_may_have_been_executed) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
      peer.close();
      co_return;
    }));
    Upstream& upstream = t.connect(to(server));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_EQ(reply.error().code(), Errc::unavailable);
    EXPECT_EQ(reply.error().advice(), Advice::unknown_outcome);
    EXPECT_EQ(server.count("tools/call"), 1U);
  });
}

TEST(HttpModern, finds_the_era_again_after_a_connection_failed) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& seen) -> awaitable<void> {
      if (seen.rpc_method() == "tools/call") {
        peer.close();
      } else {
        co_await peer.result(seen, "{}");
      }
    }));
    Upstream& upstream = t.connect(to(server));
    EXPECT_FALSE(co_await upstream.call(t.call_to("tools/call")));
    co_await t.advance_until([&server] { return server.count("server/discover") == 2; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(upstream.status().reconnects, 1U);
    co_await until([&t] { return !t.notices.empty(); });
    EXPECT_TRUE(t.notices[0].lost) << "when it is there again";
    EXPECT_EQ(t.notices.size(), 1U);
  });
}

TEST(HttpModern, keeps_the_deadline_and_closes_the_stream) {
  play([](Stage& t) -> awaitable<void> {
    static bool closed;
    closed = false;
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
      co_await peer.stream();
      co_await peer.until_closed();
      closed = true;
    }));
    Upstream& upstream = t.connect(to(server));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await until([&server] { return server.count("tools/call") == 1; });
    t.clock.advance(milliseconds(20'000));
    const auto reply = co_await call.answer();
    EXPECT_EQ(reply.error().code(), Errc::timeout);
    EXPECT_EQ(reply.error().advice(), Advice::unknown_outcome);
    co_await until([] { return closed; });
    EXPECT_EQ(server.count("notifications/cancelled"), 0U);
  });
}

TEST(HttpModern, closes_the_stream_of_a_cancelled_call) {
  play([](Stage& t) -> awaitable<void> {
    static bool closed;
    closed = false;
    FakeServer& server = t.serve(modern([](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
      co_await peer.until_closed();
      closed = true;
    }));
    Upstream& upstream = t.connect(to(server));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await until([&server] { return server.count("tools/call") == 1; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    co_await until([] { return closed; });
  });
}

TEST(HttpModern, caps_calls_without_a_deadline) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(never_answer));
    Upstream& upstream = t.connect(to(server));
    UpstreamCall call = t.call_to("tools/call");
    call.deadline = Deadline::max();
    auto running = testkit::start(t.executor(), upstream.call(std::move(call)));
    co_await until([&server] { return server.count("tools/call") == 1; });
    t.clock.advance(UpstreamLimits{}.call_timeout);
    EXPECT_EQ((co_await running.answer()).error().code(), Errc::timeout);
  });
}

struct Hostile {
  const char* what;
  FakeServer::Script script;
  Errc expected;
};

TEST(HttpModern, is_not_harmed_by_hostile_answers) {
  play([](Stage& t) -> awaitable<void> {
    static const std::vector<Hostile> kHostile = {
        {"invalid JSON",
         [](Peer& peer, const Seen&) -> awaitable<void> { co_await peer.json("{\"jsonrpc\":"); },
         Errc::protocol_error},
        {"another id",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.json(R"({"jsonrpc":"2.0","id":"x","result":{}})");
         },
         Errc::protocol_error},
        {"a request as answer",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.json(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
         },
         Errc::protocol_error},
        {"another content type",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.reply(200, "text/html", "<html>");
         },
         Errc::protocol_error},
        {"no content",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.send("HTTP/1.1 204 No Content\r\n\r\n");
         },
         Errc::protocol_error},
        {"a redirect",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.reply(307, "text/plain", "", "Location: http://127.0.0.1:1/\r\n");
         },
         Errc::protocol_error},
        {"no HTTP",
         [](Peer& peer, const Seen&) -> awaitable<void> { co_await peer.send("hello\r\n\r\n"); },
         Errc::protocol_error},
        {"a header bomb",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.send("HTTP/1.1 200 OK\r\n");
           while (co_await peer.send("X-Bomb: " + std::string(1000, 'x') + "\r\n")) {
           }
         },
         Errc::too_large},
        {"a large answer",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.json("\"" + std::string(5000, 'x') + "\"");
         },
         Errc::too_large},
        {"a large event",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.stream();
           co_await peer.send("data: ");
           while (co_await peer.send(std::string(1000, 'x'))) {
           }
         },
         Errc::too_large},
        {"an endless stream",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.stream();
           while (co_await peer.event(
               R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})")) {
           }
         },
         Errc::too_large},
        {"garbage in a stream",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.stream();
           co_await peer.event("garbage");
           co_await peer.until_closed();
         },
         Errc::protocol_error},
        {"a stream without the answer",
         [](Peer& peer, const Seen&) -> awaitable<void> {
           co_await peer.stream();
           peer.close();
         },
         Errc::unavailable},
    };
    static const Hostile* now;
    UpstreamOptions options =
        to(t.serve(modern([](Peer& peer, const Seen& seen) { return now->script(peer, seen); })));
    options.limits.answer_bytes_max = 4096;
    Upstream& upstream = t.connect(std::move(options));
    for (const Hostile& hostile : kHostile) {
      now = &hostile;
      auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
      // A connection that breaks is opened anew behind a backoff.
      co_await t.advance_until([&call] { return call.ended(); });
      const auto reply = co_await call.answer();
      EXPECT_FALSE(reply) << hostile.what;
      if (!reply) {
        EXPECT_EQ(reply.error().code(), hostile.expected)
            << hostile.what << ": " << reply.error().message();
      }
    }
  });
}

TEST(HttpModern, means_what_the_status_says) {
  play([](Stage& t) -> awaitable<void> {
    static unsigned status;
    Upstream& upstream =
        t.connect(to(t.serve(modern([](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
          co_await peer.reply(status, "text/plain", "no");
        }))));
    const auto outcome = [&](unsigned code) -> awaitable<Error> {
      status = code;
      co_return (co_await upstream.call(t.call_to("tools/call"))).error();
    };
    for (const unsigned code : {401U, 403U}) {
      EXPECT_EQ((co_await outcome(code)).code(), Errc::access_denied);
    }
    EXPECT_EQ((co_await outcome(429)).code(), Errc::overloaded);
    EXPECT_EQ((co_await outcome(503)).code(), Errc::unavailable);
    EXPECT_EQ((co_await outcome(503)).advice(), Advice::unknown_outcome);
    EXPECT_EQ((co_await outcome(404)).code(), Errc::protocol_error);
    EXPECT_EQ(upstream.status().state, UpstreamState::ready) << "the server was there";
  });
}

// ---- notifications ----

TEST(HttpModern, does_not_take_refused_credentials_for_an_era) {
  play([](Stage& t) -> awaitable<void> {
    static bool allowed;
    allowed = false;
    FakeServer& server = t.serve([](Peer& peer, const Seen& seen) -> awaitable<void> {
      if (allowed) {
        co_await peer.result(seen, kDiscovered);
      } else {
        co_await peer.reply(401, "text/plain", "");
      }
    });
    Upstream& upstream = t.connect(to(server));
    const auto refused = co_await upstream.facts(t.soon());
    EXPECT_EQ(refused.error().code(), Errc::access_denied);
    EXPECT_EQ(refused.error().advice(), Advice::later);
    EXPECT_EQ(upstream.status().state, UpstreamState::failed);
    allowed = true;
    co_await t.advance_until(
        [&upstream] { return upstream.status().state == UpstreamState::ready; });
    EXPECT_EQ(upstream.status().facts->era, mcp::Era::modern);
    EXPECT_EQ(server.count("initialize"), 0U);
  });
}

TEST(HttpModern, fails_at_once_for_settings_that_cannot_work) {
  play([](Stage& t) -> awaitable<void> {
    HttpUpstreamOptions http{.url = "http://127.0.0.1:1/"};
    http.headers.emplace_back("X-Key", Secret("a\r\nInjected: b"));
    Upstream& upstream = t.connect({.transport = http});
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_EQ(facts.error().code(), Errc::invalid_argument);
    EXPECT_EQ(facts.error().message().find("Injected"), std::string::npos);
  });
}

}  // namespace
}  // namespace larder::gateway::test

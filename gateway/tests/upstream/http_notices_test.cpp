// What a modern HTTP server announces, and what becomes of the stream it does so on.
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_server.hpp"
#include "fixture.hpp"
#include "http_scripts.hpp"

namespace larder::gateway::test {
namespace {

using Json = nlohmann::json;

// Opens the stream and acknowledges the subscription.
awaitable<void> acknowledge(Peer& peer, const Seen& seen) {
  co_await peer.stream();
  co_await peer.event(
      R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":)"
      R"({"io.modelcontextprotocol/subscriptionId":)" +
      seen.rpc_id() + R"(},"notifications":{"toolsListChanged":true}}})");
}

constexpr const char* kToolsChanged =
    R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"a":1}})";

TEST(HttpNotices, listens_for_what_the_server_announces) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          co_await acknowledge(peer, seen);
          co_await peer.event(kToolsChanged);
          co_await peer.until_closed();
        },
        std::string(kDiscoveredListening)));
    t.connect(to(server));
    co_await until([&t] { return !t.notices.empty(); });
    EXPECT_FALSE(t.notices[0].lost);
    EXPECT_EQ(t.notices[0].method, "notifications/tools/list_changed");
    EXPECT_EQ(Json::parse(t.notices[0].params_json)["a"], 1);
    const Seen& seen = server.last("subscriptions/listen");
    EXPECT_EQ(seen.header("Mcp-Method"), "subscriptions/listen");
    EXPECT_EQ(Json::parse(seen.body)["params"]["notifications"],
              Json::parse(R"({"toolsListChanged":true})"));
  });
}

TEST(HttpNotices, tells_that_notices_were_lost_when_the_stream_broke) {
  play([](Stage& t) -> awaitable<void> {
    static int streams;
    streams = 0;
    FakeServer& server = t.serve(modern(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          co_await acknowledge(peer, seen);
          if (++streams == 1) {
            peer.close();
          } else {
            co_await peer.event(kToolsChanged);
            co_await peer.until_closed();
          }
        },
        std::string(kDiscoveredListening)));
    t.connect(to(server));
    co_await t.advance_until([&t] { return t.notices.size() >= 2; });
    EXPECT_TRUE(t.notices[0].lost) << "after it was opened again";
    EXPECT_EQ(t.notices[1].method, "notifications/tools/list_changed");
    EXPECT_EQ(server.count("server/discover"), 1U) << "only the stream broke";
  });
}

TEST(HttpNotices, tells_again_that_notices_were_lost_when_the_stream_of_a_new_link_opens) {
  play([](Stage& t) -> awaitable<void> {
    static bool acknowledging;
    acknowledging = true;
    FakeServer& server = t.serve(modern(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          if (seen.rpc_method() == "tools/call") {
            acknowledging = false;
            peer.close();
            co_return;
          }
          co_await until([] { return acknowledging; });
          co_await acknowledge(peer, seen);
          co_await peer.until_closed();
        },
        std::string(kDiscoveredListening)));
    Upstream& upstream = t.connect(to(server));
    co_await until([&server] { return server.count("subscriptions/listen") == 1; });
    EXPECT_FALSE(co_await upstream.call(t.call_to("tools/call")));
    co_await t.advance_until([&t] { return t.notices.size() == 1; }, milliseconds(5'000));
    EXPECT_TRUE(t.notices[0].lost) << "when the server can be asked";
    co_await until([&server] { return server.count("subscriptions/listen") == 2; });
    acknowledging = true;
    co_await until([&t] { return t.notices.size() == 2; });
    EXPECT_TRUE(t.notices[1].lost) << "when the server can be heard";
  });
}

TEST(HttpNotices, does_not_insist_when_the_server_refuses_to_announce) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(
        [](Peer& peer, const Seen& seen) -> awaitable<void> {
          if (seen.rpc_method() == "subscriptions/listen") {
            co_await peer.reply(404, "text/plain", "");
          } else {
            co_await peer.result(seen, "{}");
          }
        },
        std::string(kDiscoveredListening)));
    Upstream& upstream = t.connect(to(server));
    co_await until([&server] { return server.count("subscriptions/listen") == 1; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    t.clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(server.count("subscriptions/listen"), 1U);
    EXPECT_TRUE(t.notices.empty());
  });
}

TEST(HttpNotices, gives_up_a_stream_that_is_not_acknowledged) {
  play([](Stage& t) -> awaitable<void> {
    FakeServer& server = t.serve(modern(
        [](Peer& peer, const Seen& /*seen*/) -> awaitable<void> {
          co_await peer.stream();
          co_await peer.until_closed();
        },
        std::string(kDiscoveredListening)));
    t.connect(to(server));
    co_await t.advance_until([&server] { return server.count("subscriptions/listen") >= 2; });
    EXPECT_GE(server.count("server/discover"), 2U);
  });
}

// ---- the handshake over the wire ----

}  // namespace
}  // namespace larder::gateway::test

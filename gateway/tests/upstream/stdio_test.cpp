// Upstream over the pipes of child processes, most of them badly behaved.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "upstream/child_process.hpp"

namespace larder::gateway::test {
namespace {

using Json = nlohmann::json;

// What every script begins with: `say` writes a message, `messages` reads them.
constexpr const char* kPrelude = R"(
import json, os, signal, sys, time
def say(message):
    sys.stdout.write(json.dumps(message) + "\n"); sys.stdout.flush()
def result(request, value):
    say({"jsonrpc": "2.0", "id": request["id"], "result": value})
def messages():
    for line in sys.stdin:
        yield json.loads(line)
def modern(request, capabilities={}):
    if request["method"] != "server/discover": return False
    result(request, {"supportedVersions": ["2026-07-28"], "capabilities": capabilities,
                     "instructions": str(os.getpid())})
    return True
def legacy(request):
    if request["method"] == "initialize":
        result(request, {"protocolVersion": "2025-11-25", "capabilities": {},
                         "instructions": str(os.getpid())})
    elif request["method"] == "server/discover":
        say({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no"}})
    elif "id" in request: return False
    return True
)";

// Enough for the first delay before a new start, and far from a handshake's timeout.
constexpr milliseconds kBackoff{5'000};

UpstreamOptions script(const std::string& text) {
  return {.transport = StdioUpstreamOptions{.command = "python3", .args = {"-c", kPrelude + text}}};
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

// The process id, which the scripts give as their instructions.
awaitable<pid_t> pid_of(Stage& test, Upstream& upstream) {
  const auto facts = co_await upstream.facts(test.soon());
  co_return facts ? static_cast<pid_t>(std::stol(facts->instructions)) : -1;
}

TEST(Stdio, speaks_to_a_modern_server) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if not modern(m): result(m, m["params"])
)"));
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_TRUE(facts);
    EXPECT_EQ(facts->era, mcp::Era::modern);
    const auto reply = co_await upstream.call(t.call_to("tools/call", "{\"a\":\n1}"));
    EXPECT_TRUE(reply) << "line ends between tokens must not reach the pipe";
    const Json params = Json::parse(reply->json);
    EXPECT_EQ(params["a"], 1);
    EXPECT_EQ(params["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    const auto pid = static_cast<pid_t>(std::stol(facts->instructions));
    EXPECT_FALSE(is_gone(pid));
    co_await t.close();
    EXPECT_TRUE(is_gone(pid));
  });
}

TEST(Stdio, speaks_to_a_legacy_server_that_refuses_the_probe) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
ready = False
for m in messages():
    ready = ready or m["method"] == "notifications/initialized"
    if not legacy(m): result(m, {"ready": ready, "params": m["params"]})
)"));
    const auto reply = co_await upstream.call(t.call_to("tools/list"));
    EXPECT_TRUE(reply);
    EXPECT_EQ(Json::parse(reply->json), Json::parse(R"({"ready":true,"params":{}})"));
    EXPECT_EQ(upstream.status().facts->version, "2025-11-25");
  });
}

TEST(Stdio, speaks_to_a_legacy_server_that_ignores_the_probe) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if m["method"] != "server/discover": legacy(m)
    else: print("ignored", file=sys.stderr, flush=True)
)"));
    co_await until([&t] { return t.logged("ignored"); });
    t.clock.advance(UpstreamLimits{}.handshake_timeout);
    EXPECT_TRUE(co_await upstream.facts(t.soon()));
    EXPECT_EQ(upstream.status().facts->era, mcp::Era::legacy);
    EXPECT_EQ(upstream.status().reconnects, 0U);
  });
}

TEST(Stdio, speaks_to_a_legacy_server_that_dies_of_the_probe) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if m["method"] == "server/discover": sys.exit(1)
    legacy(m)
)"));
    co_await until([&upstream] { return upstream.status().state == UpstreamState::failed; });
    co_await t.advance_until(
        [&upstream] { return upstream.status().state == UpstreamState::ready; }, kBackoff);
    EXPECT_EQ(upstream.status().facts->era, mcp::Era::legacy);
    EXPECT_EQ(upstream.status().reconnects, 1U);
  });
}

TEST(Stdio, starts_a_server_again_that_died_during_a_call) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if modern(m): continue
    if m["method"] == "tools/call": sys.exit(3)
    result(m, {})
)"));
    const pid_t first = co_await pid_of(t, upstream);
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_EQ(reply.error().code(), Errc::unavailable);
    EXPECT_EQ(reply.error().advice(), Advice::unknown_outcome);
    EXPECT_NE(reply.error().message().find("exited with 3"), std::string::npos)
        << reply.error().message();
    auto next = testkit::start(t.executor(), upstream.call(t.call_to("tools/list")));
    co_await until([&t] { return t.logged("lost"); });
    co_await t.advance_until([&next] { return next.ended(); }, kBackoff);
    EXPECT_TRUE(co_await next.answer());
    EXPECT_TRUE(is_gone(first));
    co_await until([&t] { return !t.notices.empty(); });
    EXPECT_TRUE(t.notices[0].lost);
  });
}

TEST(Stdio, reads_the_last_answer_of_a_server_that_exits) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if modern(m): continue
    result(m, {"last": True})
    break
)"));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
  });
}

TEST(Stdio, waits_longer_and_longer_for_a_server_that_exits_at_once) {
  play([](Stage& t) -> awaitable<void> {
    UpstreamOptions options = script("sys.exit(1)");
    options.limits.backoff_min = milliseconds(1'000);
    options.limits.backoff_max = milliseconds(8'000);
    Upstream& upstream = t.connect(std::move(options));
    const auto facts = co_await upstream.facts(t.soon());
    EXPECT_EQ(facts.error().code(), Errc::unavailable);
    EXPECT_EQ(upstream.status().state, UpstreamState::failed);
    const SteadyTime begun = t.clock.now();
    co_await t.advance_until([&upstream] { return upstream.status().reconnects >= 4; });
    EXPECT_GE(t.clock.now() - begun, milliseconds(4 * 1'000)) << "never sooner than backoff_min";
    const auto lines = t.log.lines();
    EXPECT_LE(std::ranges::count_if(lines,
                                    [](const std::string& line) {
                                      return line.find("cannot be reached") != std::string::npos;
                                    }),
              2)
        << "a state is logged, not each attempt";
  });
}

TEST(Stdio, ignores_what_is_no_message) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
print("Welcome to the server!", flush=True)
for m in messages():
    say({"jsonrpc": "2.0", "id": 999999, "result": {}})
    print("{", flush=True)
    if not modern(m): result(m, {})
)"));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list")));
    EXPECT_EQ(upstream.status().ignored, 5U);
  });
}

TEST(Stdio, ends_a_server_that_writes_without_line_ends) {
  play([](Stage& t) -> awaitable<void> {
    UpstreamOptions options = script(R"(
for m in messages():
    if modern(m): continue
    while True: sys.stdout.write("x" * 65536)
)");
    options.limits.answer_bytes_max = 100'000;
    Upstream& upstream = t.connect(std::move(options));
    const pid_t pid = co_await pid_of(t, upstream);
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await until([&call] { return call.ended(); });
    const auto reply = co_await call.answer();
    EXPECT_EQ(reply.error().code(), Errc::too_large);
    EXPECT_EQ(reply.error().advice(), Advice::unknown_outcome);
    co_await t.advance_until([pid] { return is_gone(pid); });
  });
}

TEST(Stdio, cancels_with_a_notification) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
cancelled = []
for m in messages():
    if modern(m): continue
    if m["method"] == "notifications/cancelled": cancelled.append(m["params"]["requestId"])
    elif m["method"] == "tools/list": result(m, {"cancelled": cancelled})
    else: open_id = m["id"]
)"));
    EXPECT_TRUE(co_await upstream.facts(t.soon()));
    auto call = testkit::start(t.executor(), upstream.call(t.call_to("tools/call")));
    co_await until([&upstream] { return upstream.status().state == UpstreamState::ready; });
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/list"))) << "the first was written before";
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    Json cancelled;
    while (cancelled.empty()) {
      const auto reply = co_await upstream.call(t.call_to("tools/list"));
      EXPECT_TRUE(reply);
      cancelled = Json::parse(reply->json)["cancelled"];
    }
    EXPECT_EQ(cancelled.size(), 1U);
  });
}

TEST(Stdio, marks_the_running_calls_when_the_server_asks_something) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if "method" not in m:
        result(call, {"told": m["error"]["code"]})
    elif not legacy(m):
        call = m
        say({"jsonrpc": "2.0", "id": "q", "method": "sampling/createMessage", "params": {}})
)"));
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    EXPECT_EQ(Json::parse(reply->json)["told"], -32601);
    EXPECT_TRUE(reply->interacted);
  });
}

TEST(Stdio, hands_notifications_on) {
  play([](Stage& t) -> awaitable<void> {
    t.connect(script(R"(
for m in messages():
    if modern(m, {"tools": {"listChanged": True}}): continue
    meta = {"io.modelcontextprotocol/subscriptionId": m["id"]}
    say({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
         "params": {"_meta": meta, "notifications": m["params"]["notifications"]}})
    say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta}})
)"));
    co_await until([&t] { return !t.notices.empty(); });
    EXPECT_EQ(t.notices[0].method, "notifications/tools/list_changed");
  });
}

TEST(Stdio, listens_again_when_the_server_ended_the_subscription) {
  for (const char* ending : {R"(result(m, {}))", R"(say({"jsonrpc": "2.0",
        "method": "notifications/cancelled", "params": {"requestId": m["id"]}}))"}) {
    static const char* how;
    how = ending;
    SCOPED_TRACE(ending);
    play([](Stage& t) -> awaitable<void> {
      t.connect(script(std::string(R"(
ended = False
for m in messages():
    if modern(m, {"tools": {"listChanged": True}}): continue
    if m["method"] != "subscriptions/listen": continue
    meta = {"io.modelcontextprotocol/subscriptionId": m["id"]}
    say({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
         "params": {"_meta": meta, "notifications": {}}})
    if not ended:
        )") + how + R"(
        print("ended", file=sys.stderr, flush=True)
    ended = True
)"));
      co_await until([&t] { return t.logged("ended"); });
      co_await t.advance_until([&t] { return !t.notices.empty(); }, kBackoff);
      EXPECT_TRUE(t.notices[0].lost);
    });
  }
}

TEST(Stdio, passes_stderr_on_but_not_without_bound) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if modern(m): continue
    for i in range(5000): print("noise", i, file=sys.stderr)
    sys.stderr.write("y" * 300000 + "\n")
    sys.stderr.flush()
    result(m, {})
)"));
    EXPECT_TRUE(co_await upstream.call(t.call_to("tools/call"))) << "a full pipe blocks the server";
    const auto lines = t.log.lines();
    const auto noise = std::ranges::count_if(
        lines, [](const std::string& line) { return line.find("noise") != std::string::npos; });
    EXPECT_GT(noise, 0);
    EXPECT_LE(noise, 20);
  });
}

TEST(Stdio, insists_when_a_server_does_not_want_to_end) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(script(R"(
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for m in messages(): modern(m)
while True: time.sleep(1000)
)"));
    const pid_t pid = co_await pid_of(t, upstream);
    auto closing = testkit::start(t.executor(), [](Stage& test) -> awaitable<bool> {
      co_await test.close();
      co_return true;
    }(t));
    co_await t.advance_until([&closing] { return closing.ended(); });
    EXPECT_TRUE(is_gone(pid));
  });
}

TEST(Stdio, ends_what_the_server_started_too) {
  play([](Stage& t) -> awaitable<void> {
    Upstream& upstream = t.connect(
        {.transport = StdioUpstreamOptions{
             .command = "sh",
             .args = {"-c", "sleep 1000 & python3 -c \"$0\" $!", std::string(kPrelude) + R"(
child = int(sys.argv[1])
for m in messages():
    if not modern(m): result(m, {"child": child})
)"}}});
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    const auto child = Json::parse(reply->json)["child"].get<pid_t>();
    EXPECT_FALSE(is_gone(child));
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the orphan can be waited for
    co_await t.close();
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  });
}

TEST(Stdio, gives_a_server_a_small_environment_and_what_is_configured) {
  play([](Stage& t) -> awaitable<void> {
    ::setenv("LARDER_TEST_SECRET", "never seen", 1);
    StdioUpstreamOptions options = std::get<StdioUpstreamOptions>(script(R"(
for m in messages():
    if not modern(m): result(m, {"env": dict(os.environ), "cwd": os.getcwd()})
)")
                                                                      .transport);
    options.env.emplace_back("GIVEN", Secret("value"));
    options.env.emplace_back("LANG", Secret("xx"));
    options.cwd = "/";
    Upstream& upstream = t.connect({.transport = options});
    const auto reply = co_await upstream.call(t.call_to("tools/call"));
    EXPECT_TRUE(reply);
    const Json seen = Json::parse(reply->json);
    EXPECT_EQ(seen["env"]["GIVEN"], "value");
    EXPECT_EQ(seen["env"]["LANG"], "xx");
    EXPECT_TRUE(seen["env"].contains("PATH"));
    EXPECT_FALSE(seen["env"].contains("LARDER_TEST_SECRET"));
    EXPECT_EQ(seen["cwd"], "/");
    ::unsetenv("LARDER_TEST_SECRET");
  });
}

TEST(Stdio, says_what_is_wrong_with_a_command) {
  struct Case {
    StdioUpstreamOptions options;
    const char* named;
  };
  static const std::vector<Case> kCases = {
      {{.command = "no-such-command-of-ours"}, "no-such-command-of-ours"},
      {{.command = "/etc/passwd"}, "/etc/passwd"},
      {{.command = "sh", .cwd = "/no/such/folder"}, "/no/such/folder"},
  };
  for (const Case& wrong : kCases) {
    static const Case* now;
    now = &wrong;
    play([](Stage& t) -> awaitable<void> {
      const auto facts = co_await t.connect({.transport = now->options}).facts(t.soon());
      EXPECT_EQ(facts.error().code(), Errc::invalid_argument) << facts.error().message();
      EXPECT_NE(facts.error().message().find(now->named), std::string::npos)
          << facts.error().message();
    });
  }
}

TEST(Stdio, starts_a_server_that_may_exit_while_it_is_written_to) {
  play([](Stage& t) -> awaitable<void> {
    // Larger than a pipe, so that the writer is still writing when the reader goes.
    Upstream& upstream = t.connect(script(R"(
for m in messages():
    if modern(m): break
sys.exit(0)
)"));
    const std::string params = R"({"x":")" + std::string(1 << 20, 'x') + R"("})";
    const auto reply = co_await upstream.call(t.call_to("tools/call", params));
    EXPECT_EQ(reply.error().code(), Errc::unavailable);
  });
}

// A gateway that is killed cannot clean up; the kernel and the watcher do it.
TEST(ChildProcess, is_gone_with_all_it_started_when_the_gateway_is_killed) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t gateway = ::fork();
  ASSERT_GE(gateway, 0);
  if (gateway == 0) {
    static constexpr auto life = [](int out) -> awaitable<void> {
      auto child = co_await ChildProcess::start(
          {.command = "sh", .args = {"-c", "sleep 1000 & echo $! $$; wait"}});
      std::array<char, 64> text{};
      const auto size = co_await (*child)->out().async_read_some(boost::asio::buffer(text),
                                                                 boost::asio::use_awaitable);
      EXPECT_EQ(::write(out, text.data(), size), static_cast<ssize_t>(size));
      co_await (*child)->ended();
    };
    boost::asio::io_context context;
    boost::asio::co_spawn(context, life(pipe[1]), [](const std::exception_ptr& failure) {
      if (failure) {
        ::_exit(1);
      }
    });
    context.run();
    ::_exit(0);
  }
  std::array<char, 64> text{};
  ASSERT_GT(::read(pipe[0], text.data(), text.size() - 1), 0);
  int grandchild = 0;
  int child = 0;
  ASSERT_EQ(std::sscanf(text.data(), "%d %d", &grandchild, &child), 2);
  ::kill(gateway, SIGKILL);
  ASSERT_EQ(::waitpid(gateway, nullptr, 0), gateway);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(::waitpid(grandchild, &status, 0), grandchild);
  EXPECT_TRUE(WIFSIGNALED(status));
  while (::waitpid(-1, nullptr, 0) > 0) {  // the watcher
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

}  // namespace
}  // namespace larder::gateway::test

// What a connection is told before it carries commands, and what it subscribes to.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <larder/redis/pipeline.hpp>

#include "line.hpp"

namespace larder::redis {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Session full_session() {
  return {.user = "app",
          .password = Secret("hunter2"),
          .client_name = "larder",
          .database = 3,
          .replica_reads = true,
          .tracking = Tracking::broadcast,
          .tracked_prefixes = {"larder:", "other:"},
          .channels = {"a", "b"},
          .shard_channels = {"s1", "s2"}};
}

// The steps of a session, an argument after the other.
std::vector<std::string> steps(const Session& session) {
  std::vector<std::string> texts;
  for (const SessionStep& step : session_steps(session)) {
    std::string text;
    for (const std::string& argument : step.arguments) {
      text.append(text.empty() ? "" : " ").append(argument);
    }
    texts.push_back(text);
  }
  return texts;
}

// What happens when HELLO is answered by this.
std::vector<std::string> after_hello(std::string_view reply) {
  Line line;
  line.pipeline.connected({}, line.now);
  line.write();
  line.hear(reply);
  return line.happened();
}

// T8: AUTH, SETNAME, SELECT, READONLY, TRACKING, subscriptions.
TEST(PipelineSession, consists_of_all_that_a_connection_must_know_in_order) {
  EXPECT_THAT(steps(full_session()),
              ElementsAre("HELLO 3 AUTH app hunter2", "CLIENT SETNAME larder", "SELECT 3",
                          "READONLY", "CLIENT TRACKING ON BCAST PREFIX larder: PREFIX other:",
                          "SUBSCRIBE a b", "SSUBSCRIBE s1", "SSUBSCRIBE s2"));
  EXPECT_THAT(steps({}), ElementsAre("HELLO 3"));
  EXPECT_THAT(steps({.password = Secret("p"), .tracking = Tracking::reads}),
              ElementsAre("HELLO 3 AUTH default p", "CLIENT TRACKING ON"));
  EXPECT_THAT(steps({.user = "guest"}), ElementsAre("HELLO 3 AUTH guest "));
}

TEST(PipelineSession, is_agreed_before_any_command_is_sent) {
  Line line;
  line.submit("a", {"GET", "1"});
  line.pipeline.connected({.database = 3}, line.now);
  EXPECT_EQ(line.write(), "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
  line.hear(Line::kHello);
  EXPECT_EQ(line.write(), "");
  EXPECT_THAT(line.happened(), IsEmpty());
  EXPECT_FALSE(line.pipeline.is_ready());
  line.hear("+OK\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("ready"));
  EXPECT_TRUE(line.pipeline.is_ready());
  EXPECT_EQ(line.write(), "*2\r\n$3\r\nGET\r\n$1\r\n1\r\n");
}

TEST(PipelineSession, learns_version_mode_and_role) {
  Line line;
  line.pipeline.connected({}, line.now);
  line.write();
  line.hear(
      "%4\r\n+version\r\n+7.2.4\r\n+proto\r\n:3\r\n+mode\r\n+cluster\r\n+role\r\n+replica\r\n");
  EXPECT_EQ(line.pipeline.hello().version, "7.2.4");
  EXPECT_EQ(line.pipeline.hello().mode, "cluster");
  EXPECT_EQ(line.pipeline.hello().role, "replica");
}

// T8: restored on each connect; T9: the credentials are those of this connect.
TEST(PipelineSession, is_told_again_to_each_connection_with_what_holds_then) {
  Line line;
  line.pipeline.connected({.password = Secret("old")}, line.now);
  EXPECT_THAT(line.write(), HasSubstr("$3\r\nold\r\n"));
  line.hear(Line::kHello);
  line.lose();
  line.pipeline.connected({.password = Secret("new"), .replica_reads = true}, line.now);
  EXPECT_THAT(line.write(), testing::AllOf(HasSubstr("$3\r\nnew\r\n"), Not(HasSubstr("old")),
                                           HasSubstr("READONLY")));
}

TEST(PipelineSession, starts_over_when_the_connection_is_lost_before_it_is_agreed) {
  Line line;
  line.pipeline.connected({.database = 3}, line.now);
  line.write();
  line.hear(Line::kHello);
  line.lose();
  EXPECT_THAT(line.happened(), IsEmpty());
  line.pipeline.connected({.database = 3}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "+OK\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("ready"));
}

// T9: WRONGPASS is a cause of its own, so that nobody retries it in a hot loop.
TEST(PipelineSession, tells_a_refused_password_from_other_failures) {
  EXPECT_THAT(after_hello("-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
              ElementsAre("hang up: access_denied: HELLO: server: WRONGPASS invalid "
                          "username-password pair or user is disabled."));
  EXPECT_THAT(after_hello("-NOAUTH HELLO must be called with the client already authenticated\r\n"),
              ElementsAre(StartsWith("hang up: access_denied: HELLO: server: NOAUTH")));
}

TEST(PipelineSession, never_shows_a_password_that_the_server_echoes) {
  Line line;
  line.pipeline.connected({.password = Secret("hunter2")}, line.now);
  line.write();
  line.hear(
      "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, "
      "`hunter2`, \r\n");
  EXPECT_THAT(line.happened(), ElementsAre("hang up: unsupported: server: does not speak RESP3: "
                                           "Redis 6.2 or newer is needed"));
}

TEST(PipelineSession, refuses_servers_that_are_too_old) {
  EXPECT_THAT(after_hello("%2\r\n+version\r\n+6.0.16\r\n+proto\r\n:3\r\n"),
              ElementsAre("hang up: unsupported: server: version 6.0.16: Redis 6.2 or newer is "
                          "needed"));
  EXPECT_THAT(after_hello("%2\r\n+version\r\n+6.2.0\r\n+proto\r\n:3\r\n"), ElementsAre("ready"));
  EXPECT_THAT(after_hello("%2\r\n+version\r\n+255.255.255\r\n+proto\r\n:3\r\n"),
              ElementsAre("ready"));
  EXPECT_THAT(after_hello("%2\r\n+version\r\n+unstable\r\n+proto\r\n:3\r\n"), ElementsAre("ready"));
  EXPECT_THAT(after_hello("-NOPROTO unsupported protocol version\r\n"),
              ElementsAre(StartsWith("hang up: unsupported")));
}

// T11: RESP2 is not fallen back to: without pushes there is no near tier.
TEST(PipelineSession, refuses_a_server_that_answers_in_resp2) {
  EXPECT_THAT(after_hello("*4\r\n+version\r\n+7.0.0\r\n+proto\r\n:2\r\n"),
              ElementsAre(StartsWith("hang up: protocol_error: HELLO")));
  EXPECT_THAT(after_hello("+OK\r\n"), ElementsAre(StartsWith("hang up: protocol_error: HELLO")));
}

TEST(PipelineSession, says_which_step_was_refused) {
  Line line;
  line.pipeline.connected({.database = 99}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "-ERR DB index is out of range\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("hang up: invalid_argument: SELECT: server: ERR DB "
                                           "index is out of range"));
  line.lose();
  line.pipeline.connected({.tracking = Tracking::reads}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "-NOPERM no permission to run 'client|tracking'\r\n");
  EXPECT_THAT(line.happened(),
              ElementsAre(StartsWith("hang up: access_denied: CLIENT TRACKING: server: NOPERM")));
}

TEST(PipelineSession, does_without_a_name_that_the_server_refuses) {
  Line line;
  line.pipeline.connected({.client_name = "larder"}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "-NOPERM no permission to run 'client|setname'\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("ready"));
}

TEST(PipelineSession, tells_why_a_server_turns_us_away_at_the_door) {
  EXPECT_THAT(after_hello("-ERR max number of clients reached\r\n"),
              ElementsAre(HasSubstr("unavailable: HELLO: server: ERR max number of clients")));
  Line line;
  line.pipeline.connected({}, line.now);
  line.hear("-DENIED Redis is running in protected mode\r\n");  // before HELLO was written
  EXPECT_THAT(line.happened(), ElementsAre(StartsWith("hang up: access_denied: server: DENIED")));
}

TEST(PipelineSession, has_to_be_agreed_within_its_time) {
  Line line({.session_max = 300ms});
  line.pipeline.connected({}, line.now);
  line.write();
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 300ms);
  line.wait(299ms);
  EXPECT_THAT(line.happened(), IsEmpty());
  line.wait(1ms);
  EXPECT_THAT(line.happened(),
              ElementsAre("hang up: unavailable: server: no session within 300ms"));
}

// P1: resubscribe after reconnect; P2: SSUBSCRIBE one command per slot; P4: the gap is told.
TEST(PipelineSession, subscribes_again_on_each_connection_and_then_says_so) {
  Line line;
  for (int connection = 0; connection < 2; ++connection) {
    line.pipeline.connected({.channels = {"a", "b"}, .shard_channels = {"s"}}, line.now);
    const std::string sent = line.write();
    const std::string first = std::to_string(2 * connection + 1);
    const std::string second = std::to_string(2 * connection + 2);
    EXPECT_THAT(sent, EndsWith("*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n"
                               "*2\r\n$4\r\nPING\r\n$8\r\nlarder:" +
                               first +
                               "\r\n"
                               "*2\r\n$10\r\nSSUBSCRIBE\r\n$1\r\ns\r\n"
                               "*2\r\n$4\r\nPING\r\n$8\r\nlarder:" +
                               second + "\r\n"));
    line.hear(Line::kHello);
    line.hear(">3\r\n+subscribe\r\n+a\r\n:1\r\n>3\r\n+subscribe\r\n+b\r\n:2\r\n");
    line.hear("$8\r\nlarder:" + first + "\r\n>3\r\n+ssubscribe\r\n+s\r\n:1\r\n");
    EXPECT_THAT(line.happened(), ElementsAre("push(simple'subscribe' simple'a' integer'1')",
                                             "push(simple'subscribe' simple'b' integer'2')",
                                             "push(simple'ssubscribe' simple's' integer'1')"));
    line.hear("$8\r\nlarder:" + second + "\r\n");
    EXPECT_THAT(line.happened(), ElementsAre("ready"));
    line.lose();
  }
}

TEST(PipelineSession, fails_when_a_subscription_is_refused) {
  Line line;
  line.pipeline.connected({.shard_channels = {"s"}}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "-MOVED 7 10.0.0.2:6379\r\n$8\r\nlarder:1\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("hang up: unavailable: SSUBSCRIBE: server: MOVED 7 "
                                           "10.0.0.2:6379"));
}

TEST(PipelineSession, gives_messages_that_come_between_its_steps) {
  Line line;
  line.pipeline.connected({.tracking = Tracking::broadcast, .channels = {"a"}}, line.now);
  line.write();
  line.hear(std::string(Line::kHello) + "+OK\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("push(simple'invalidate' array(simple'k'))"));
}

// P6: unsubscribe confirmation racing with a server's push.
TEST(PipelineSession, confirms_a_subscription_by_the_ping_behind_it_and_not_by_a_push) {
  Line line;
  line.open();
  line.submit("unsubscribe", {"SUNSUBSCRIBE", "s"});
  line.submit("b", {"GET", "1"});
  line.write();
  line.hear(">3\r\n+sunsubscribe\r\n+other\r\n:1\r\n");  // the server's own: a slot moved
  EXPECT_THAT(line.happened(), ElementsAre(StartsWith("push(simple'sunsubscribe'")));
  line.hear(">3\r\n+sunsubscribe\r\n+s\r\n:0\r\n$8\r\nlarder:1\r\n_\r\n");
  EXPECT_THAT(line.happened(), ElementsAre(StartsWith("push(simple'sunsubscribe'"),
                                           "unsubscribe: bulk'larder:1'", "b: null"));
}

TEST(PipelineSession, answers_a_refused_subscription_with_its_error_and_keeps_replies_in_step) {
  Line line;
  line.open();
  line.submit("subscribe", {"SSUBSCRIBE", "s"});
  line.submit("b", {"GET", "1"});
  line.write();
  line.hear("-MOVED 7 10.0.0.2:6379\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("subscribe: error'MOVED 7 10.0.0.2:6379'"));
  line.hear("$8\r\nlarder:1\r\n$1\r\nx\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: bulk'x'"));
}

TEST(PipelineSession, hangs_up_when_the_ping_behind_a_subscription_is_refused) {
  Line line;
  line.open();
  line.submit("subscribe", {"SUBSCRIBE", "s"});
  line.submit("b", {"GET", "1"});
  line.write();
  line.hear(">3\r\n+subscribe\r\n+s\r\n:1\r\n-NOPERM no permission to run 'ping'\r\n$1\r\nx\r\n");
  EXPECT_THAT(line.happened(),
              ElementsAre(StartsWith("push"), StartsWith("subscribe: error'NOPERM"),
                          StartsWith("hang up: protocol_error")));
}

}  // namespace
}  // namespace larder::redis

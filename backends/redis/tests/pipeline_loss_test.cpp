// What becomes of commands when a connection is lost, slow, or not there.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <larder/redis/pipeline.hpp>

#include "line.hpp"

namespace larder::redis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// T3: disconnect with written-unanswered INCR: not re-sent, the error says maybe-executed.
TEST(PipelineLoss, splits_commands_by_what_may_have_become_of_them) {
  Line line;
  line.open();
  line.submit("incr", {"INCR", "1"});
  line.submit("set", {"SET", "1", "2"}, Repeat::idempotent);
  line.submit("get", {"GET", "1"}, Repeat::read);
  line.write();
  line.submit("waits", {"INCR", "2"});
  line.lose(Waiting::fail);
  EXPECT_THAT(line.happened(), ElementsAre("incr unknown: unavailable, unknown_outcome",
                                           "set repeatable: unavailable, unknown_outcome",
                                           "get repeatable: unavailable, later",
                                           "waits unsent: unavailable, later"));
}

TEST(PipelineLoss, never_sends_a_command_again_on_the_next_connection) {
  Line line;
  line.open();
  line.submit("incr", {"INCR", "1"});
  line.write();
  line.submit("kept", {"INCR", "2"});
  line.lose(Waiting::keep);
  EXPECT_THAT(line.happened(), ElementsAre("incr unknown: unavailable, unknown_outcome"));
  line.open();
  EXPECT_EQ(line.write(), "*2\r\n$4\r\nINCR\r\n$1\r\n2\r\n");
  line.hear(":1\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("kept: integer'1'"));
}

TEST(PipelineLoss, counts_commands_as_sent_even_if_only_a_part_of_them_was_written) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "1"});
  EXPECT_FALSE(line.pipeline.to_write(line.now).empty());
  line.pipeline.written(1, line.now);
  line.lose();
  EXPECT_THAT(line.happened(), ElementsAre("a unknown: unavailable, unknown_outcome"));
}

TEST(PipelineLoss, keeps_what_is_being_written_in_place_until_the_next_connection) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "1"});
  const auto pieces = line.pipeline.to_write(line.now);
  line.lose();
  EXPECT_EQ(pieces[0], "*2\r\n$4\r\nINCR\r\n$1\r\n1\r\n");
  line.open();
  EXPECT_EQ(line.write(), "");
}

TEST(PipelineLoss, forgets_half_a_reply) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"}, Repeat::read);
  line.write();
  line.hear("$10\r\nhalf");
  line.lose();
  line.happened();
  line.open();
  line.submit("b", {"GET", "2"});
  line.write();
  line.hear("$1\r\nx\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: bulk'x'"));
}

TEST(PipelineLoss, says_nothing_of_abandoned_commands) {
  Line line;
  line.open();
  const Ticket a = line.submit("a", {"INCR", "1"});
  line.submit("b", {"INCR", "1"});
  line.write();
  line.pipeline.cancel(a);
  line.wait(500ms);
  EXPECT_THAT(line.happened(), ElementsAre("b unknown: timeout, unknown_outcome"));
  line.lose();
  EXPECT_THAT(line.happened(), IsEmpty());
  EXPECT_EQ(line.pipeline.bytes(), 0U);
}

// T4: unsent ops during an outage: bounded in count, bytes and age, then fail fast.
TEST(PipelineLoss, bounds_the_number_of_commands) {
  Line line({.commands_max = 3});
  line.submit("a", {"GET", "1"});
  line.submit("b", {"GET", "2"});
  line.submit("c", {"GET", "3"});
  line.submit("d", {"GET", "4"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: overloaded"));
}

TEST(PipelineLoss, counts_a_batch_with_its_weight) {
  Line line({.commands_max = 100});
  Submission how = line.how("batch");
  how.weight = 99;
  line.submit({"MGET"}, how);
  line.submit("b", {"GET", "2"});
  EXPECT_THAT(line.happened(), IsEmpty());
  line.submit("c", {"GET", "3"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: overloaded"));
}

TEST(PipelineLoss, takes_a_batch_that_is_heavier_than_all_when_it_is_alone) {
  Line line({.commands_max = 10});
  Submission how = line.how("batch");
  how.weight = 1000;
  line.submit({"MGET"}, how);
  line.submit("b", {"GET", "2"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: overloaded"));
}

TEST(PipelineLoss, counts_sent_and_abandoned_commands_until_they_are_answered) {
  Line line({.commands_max = 1});
  line.open();
  const Ticket a = line.submit("a", {"GET", "1"});
  line.write();
  line.pipeline.cancel(a);
  line.submit("b", {"GET", "2"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: overloaded"));
  line.hear("_\r\n");
  line.submit("c", {"GET", "3"});
  EXPECT_THAT(line.happened(), IsEmpty());
}

TEST(PipelineLoss, bounds_the_bytes_of_commands) {
  Line line({.bytes_max = 1000});
  line.submit("a", {"SET", "k", std::string(1000, 'v')});
  EXPECT_THAT(line.happened(), ElementsAre("refused: too_large"));
  const Ticket b = line.submit("b", {"SET", "k", std::string(500, 'v')});
  line.submit("c", {"SET", "k", std::string(500, 'v')});
  EXPECT_THAT(line.happened(), ElementsAre("refused: overloaded"));
  line.pipeline.cancel(b);
  line.submit("d", {"SET", "k", std::string(500, 'v')});
  EXPECT_THAT(line.happened(), IsEmpty());
}

TEST(PipelineLoss, bounds_the_age_of_commands_that_wait_for_a_connection) {
  Line line({.wait_max = 100ms});
  line.submit("a", {"GET", "1"}, Repeat::read);
  line.wait(99ms);
  EXPECT_THAT(line.happened(), IsEmpty());
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 1ms);
  line.wait(1ms);
  EXPECT_THAT(line.happened(), ElementsAre("a unsent: unavailable, later"));
}

TEST(PipelineLoss, bounds_the_age_of_commands_that_a_blocked_write_keeps_waiting) {
  Line line({.wait_max = 100ms, .silence_max = 0ms});
  line.open();
  line.submit("a", {"GET", "1"});
  EXPECT_FALSE(line.pipeline.to_write(line.now).empty());  // and never written
  line.submit("b", {"GET", "2"});
  line.wait(100ms);
  EXPECT_THAT(line.happened(), ElementsAre("b unsent: overloaded, later"));
}

TEST(PipelineLoss, refuses_at_once_without_a_connection_if_nothing_may_wait) {
  Line line({.wait_max = 0ms});
  line.submit("a", {"GET", "1"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: unavailable"));
  line.open();
  line.submit("b", {"GET", "1"});
  line.wait(400ms);
  EXPECT_THAT(line.happened(), IsEmpty());
  line.lose(Waiting::keep);
  EXPECT_THAT(line.happened(), ElementsAre("b unsent: unavailable, later"));
}

// T6: exec never returns when the server is down.
TEST(PipelineLoss, ends_every_command_by_its_deadline_without_a_connection) {
  Line line({.wait_max = 1h});
  line.submit("a", {"GET", "1"});
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 500ms);
  line.wait(500ms);
  EXPECT_THAT(line.happened(), ElementsAre("a unsent: timeout, later"));
  EXPECT_EQ(line.pipeline.next_tick(), SteadyTime::max());
}

TEST(PipelineLoss, never_sends_a_command_whose_deadline_has_passed) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "1"});
  line.now += 500ms;
  EXPECT_EQ(line.write(), "");
  EXPECT_LE(line.pipeline.next_tick(), line.now);
  line.wait(0ms);
  EXPECT_THAT(line.happened(), ElementsAre("a unsent: timeout, later"));
  line.submit({"INCR", "1"}, {.deadline = line.now});
  EXPECT_THAT(line.happened(), ElementsAre("refused: timeout"));
}

TEST(PipelineLoss, says_of_a_late_command_whether_it_may_have_been_done) {
  Line line;
  line.open();
  line.submit("incr", {"INCR", "1"});
  line.submit("set", {"SET", "1", "2"}, Repeat::idempotent);
  line.submit("get", {"GET", "1"}, Repeat::read);
  line.write();
  line.wait(500ms);
  EXPECT_THAT(line.happened(), ElementsAre("incr unknown: timeout, unknown_outcome",
                                           "set repeatable: timeout, unknown_outcome",
                                           "get repeatable: timeout, later"));
}

TEST(PipelineLoss, looks_at_deadlines_once_in_a_tick) {
  Line line;
  line.open();
  for (const auto span : {100us, 200us, 300us, 5000us}) {
    line.submit({"GET", "1"}, {.deadline = line.now + span, .user = const_cast<char*>("a")});
  }
  line.write();
  line.wait(0ms);
  line.now += 100us;
  line.wait(0ms);
  EXPECT_THAT(line.happened(), ElementsAre("a unknown: timeout, unknown_outcome"));
  EXPECT_EQ(line.pipeline.next_tick(), line.now + Pipeline::kTickGrain);
  line.wait(1ms);
  EXPECT_EQ(line.happened().size(), 2U);
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 3900us);
}

TEST(PipelineLoss, ends_everything_when_it_is_closed) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "1"});
  line.write();
  line.submit("b", {"GET", "1"}, Repeat::read);
  line.pipeline.close();
  EXPECT_THAT(line.happened(),
              ElementsAre("a unknown: closed, unknown_outcome", "b unsent: closed, never"));
  line.submit("c", {"GET", "1"});
  EXPECT_THAT(line.happened(), ElementsAre("refused: closed"));
  line.pipeline.connected({}, line.now);
  EXPECT_EQ(line.write(), "");
  EXPECT_EQ(line.pipeline.next_tick(), SteadyTime::max());
}

// T5: half-open peer.
TEST(PipelineLoss, hangs_up_on_a_server_that_owes_replies_and_is_silent) {
  Line line({.silence_max = 1000ms});
  line.open();
  line.wait(10ms);
  line.submit({"GET", "1"}, {.deadline = line.now + 1h, .user = const_cast<char*>("a")});
  line.write();
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 1000ms);
  line.wait(999ms);
  EXPECT_THAT(line.happened(), IsEmpty());
  line.wait(1ms);
  EXPECT_THAT(line.happened(), ElementsAre("hang up: unavailable: server: owes replies and was "
                                           "silent for 1000ms"));
}

TEST(PipelineLoss, does_not_call_a_server_silent_that_sends_a_large_reply_slowly) {
  Line line({.silence_max = 1000ms});
  line.open();
  line.submit({"GET", "1"}, {.deadline = line.now + 1h, .user = const_cast<char*>("a")});
  line.write();
  line.hear("$5\r\n");
  for (const char* byte : {"h", "e", "l", "l", "o"}) {
    line.wait(900ms);
    line.hear(byte);
  }
  EXPECT_THAT(line.happened(), IsEmpty());
  line.hear("\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: bulk'hello'"));
}

TEST(PipelineLoss, does_not_call_a_server_silent_that_is_still_being_sent_the_command) {
  Line line({.silence_max = 1000ms});
  line.open();
  line.submit({"SET", "k", Bytes(std::string(1 << 20, 'v'))},
              {.deadline = line.now + 1h, .user = const_cast<char*>("a")});
  EXPECT_FALSE(line.pipeline.to_write(line.now).empty());
  for (int i = 0; i < 5; ++i) {
    line.wait(900ms);
    line.pipeline.written(1000, line.now);
  }
  EXPECT_THAT(line.happened(), IsEmpty());
}

TEST(PipelineLoss, calls_a_server_silent_that_only_ever_takes_new_commands) {
  Line line({.silence_max = 1000ms});
  line.open();
  for (int i = 0; i < 11; ++i) {
    line.submit({"GET", "1"}, {.deadline = line.now + 1h, .user = const_cast<char*>("a")});
    line.write();
    line.wait(100ms);
  }
  EXPECT_THAT(line.happened(), ElementsAre(testing::StartsWith("hang up: unavailable")));
}

// K8 and health: pings only when idle.
TEST(PipelineLoss, pings_an_idle_connection_and_hangs_up_when_there_is_no_answer) {
  Line line({.ping_after = 2000ms, .silence_max = 1000ms});
  line.open();
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 2000ms);
  line.wait(2000ms);
  EXPECT_EQ(line.write(), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(line.write(), "");
  line.hear("+PONG\r\n");
  EXPECT_EQ(line.pipeline.next_tick(), line.now + 2000ms);
  line.wait(2000ms);
  line.write();
  line.wait(1000ms);
  EXPECT_THAT(line.happened(), ElementsAre(testing::StartsWith("hang up: unavailable")));
}

TEST(PipelineLoss, does_not_ping_a_busy_connection) {
  Line line({.ping_after = 100ms});
  line.open();
  for (int i = 0; i < 50; ++i) {
    line.submit("a", {"GET", "1"});
    EXPECT_EQ(line.write(), "*2\r\n$3\r\nGET\r\n$1\r\n1\r\n");
    line.wait(50ms);
    line.hear("_\r\n");
  }
}

TEST(PipelineLoss, hangs_up_when_a_ping_is_answered_by_something_else) {
  Line line;
  line.open();
  line.wait(2000ms);
  line.write();
  line.hear("$5\r\nvalue\r\n");
  EXPECT_THAT(line.happened(), ElementsAre(testing::StartsWith("hang up: protocol_error")));
}

}  // namespace
}  // namespace larder::redis

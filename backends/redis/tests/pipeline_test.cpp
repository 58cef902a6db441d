#include <larder/redis/pipeline.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "line.hpp"

namespace larder::redis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Pipeline, sends_all_waiting_commands_in_one_write_and_answers_in_their_order) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"});
  line.submit("b", {"GET", "2"});
  line.submit("c", {"INCR", "3"});
  EXPECT_EQ(line.pipeline.to_write(line.now).size(), 1U);
  EXPECT_EQ(line.write(),
            "*2\r\n$3\r\nGET\r\n$1\r\n1\r\n*2\r\n$3\r\nGET\r\n$1\r\n2\r\n"
            "*2\r\n$4\r\nINCR\r\n$1\r\n3\r\n");
  line.hear("$1\r\nx\r\n_\r\n:7\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: bulk'x'", "b: null", "c: integer'7'"));
  EXPECT_EQ(line.pipeline.bytes(), 0U);
}

TEST(Pipeline, hands_out_the_same_bytes_until_they_are_written) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"});
  const std::string first(line.pipeline.to_write(line.now)[0]);
  line.submit("b", {"GET", "2"});
  EXPECT_EQ(line.pipeline.to_write(line.now)[0], first);
  line.pipeline.written(4, line.now);
  EXPECT_EQ(line.pipeline.to_write(line.now)[0], first.substr(4));
  line.pipeline.written(first.size() - 4, line.now);
  EXPECT_EQ(line.write(), "*2\r\n$3\r\nGET\r\n$1\r\n2\r\n");
}

TEST(Pipeline, gives_an_error_reply_to_its_command_and_goes_on) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "text"});
  line.submit("b", {"GET", "1"});
  line.write();
  line.hear("-WRONGTYPE Operation against a key\r\n$1\r\nx\r\n");
  EXPECT_THAT(line.happened(),
              ElementsAre("a: error'WRONGTYPE Operation against a key'", "b: bulk'x'"));
}

TEST(Pipeline, does_not_copy_large_values) {
  Line line;
  line.open();
  const Bytes value(std::string(100'000, 'v'));
  line.submit("a", {"SET", "k", value, "PX", 5});
  const auto pieces = line.pipeline.to_write(line.now);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0], "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
  EXPECT_EQ(pieces[1].data(), value.view().data());
  EXPECT_EQ(pieces[2], "\r\n$2\r\nPX\r\n$1\r\n5\r\n");
}

TEST(Pipeline, keeps_what_is_being_written_alive_when_its_reply_comes_first) {
  Line line;
  line.open();
  std::string text(100'000, 'v');
  line.submit("a", {"SET", "k", Bytes(std::move(text))}, Repeat::idempotent);
  const auto pieces = line.pipeline.to_write(line.now);
  line.hear("-OOM command not allowed\r\n");  // a server may answer before it has read all
  EXPECT_EQ(line.happened().size(), 1U);
  EXPECT_EQ(pieces[1], std::string(100'000, 'v'));
}

TEST(Pipeline, bounds_one_write_in_bytes_and_pieces) {
  Line line;
  line.open();
  const std::string text(60'000, 't');
  for (int i = 0; i < 10; ++i) {
    line.submit("a", {"SET", "k", text});
  }
  EXPECT_LT(line.pipeline.to_write(line.now)[0].size(),
            Pipeline::kBatchBytesMax + text.size() + 100);
  line.write();
  const Bytes value(std::string(10'000, 'v'));
  for (int i = 0; i < 100; ++i) {
    line.submit("a", {"SET", "k", value});
  }
  EXPECT_LE(line.pipeline.to_write(line.now).size(), Pipeline::kBatchPiecesMax);
}

TEST(Pipeline, sends_a_command_of_more_large_values_than_pieces_alone) {
  Line line;
  line.open();
  const std::vector<Bytes> values(100, Bytes(std::string(10'000, 'v')));
  std::vector<Arg> arguments{"MSET"};
  for (const Bytes& value : values) {
    arguments.insert(arguments.end(), {Arg("k"), Arg(value)});
  }
  line.submit("small", {"GET", "1"});
  EXPECT_TRUE(line.pipeline.submit(arguments, line.how("large"), line.now));
  EXPECT_EQ(line.pipeline.to_write(line.now).size(), 1U);
  EXPECT_GT(line.write().size(), 1'000'000U);
}

// T1: op cancelled after send: reply swallowed, next op gets its own reply.
TEST(Pipeline, swallows_the_late_reply_of_a_command_cancelled_after_it_was_sent) {
  Line line;
  line.open();
  const Ticket a = line.submit("a", {"GET", "secret"}, Repeat::read);
  line.submit("b", {"GET", "2"});
  line.write();
  EXPECT_EQ(line.pipeline.cancel(a), Fate::repeatable);
  line.hear("$6\r\nsecret\r\n$1\r\nb\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: bulk'b'"));
}

// T1, timed out.
TEST(Pipeline, swallows_the_late_reply_of_a_command_timed_out_after_it_was_sent) {
  Line line;
  line.open();
  line.submit({"GET", "secret"},
              {.deadline = line.now + 5ms, .repeat = Repeat::read, .user = const_cast<char*>("a")});
  line.submit("b", {"INCR", "2"});
  line.write();
  line.wait(5ms);
  EXPECT_THAT(line.happened(), ElementsAre("a repeatable: timeout, later"));
  EXPECT_EQ(line.pipeline.unanswered(), 2U);
  line.hear("$6\r\nsecret\r\n:2\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: integer'2'"));
  EXPECT_EQ(line.pipeline.unanswered(), 0U);
}

TEST(Pipeline, never_sends_a_command_cancelled_before_it_was_sent) {
  Line line;
  line.open();
  const Ticket a = line.submit("a", {"INCR", "1"});
  line.submit("b", {"GET", "2"});
  EXPECT_EQ(line.pipeline.cancel(a), Fate::unsent);
  EXPECT_EQ(line.pipeline.cancel(a), std::nullopt);
  EXPECT_EQ(line.write(), "*2\r\n$3\r\nGET\r\n$1\r\n2\r\n");
}

TEST(Pipeline, says_of_a_cancelled_command_whether_it_may_have_been_done) {
  Line line;
  line.open();
  const Ticket incr = line.submit("a", {"INCR", "1"});
  const Ticket set = line.submit("b", {"SET", "1", "2"}, Repeat::idempotent);
  EXPECT_FALSE(line.pipeline.to_write(line.now).empty());  // handed out is sent
  EXPECT_EQ(line.pipeline.cancel(incr), Fate::unknown);
  EXPECT_EQ(line.pipeline.cancel(set), Fate::repeatable);
  line.lose();
  EXPECT_THAT(line.happened(), IsEmpty());
}

TEST(Pipeline, takes_back_an_event_that_nobody_has_taken_when_its_command_is_cancelled) {
  Line line;
  line.open();
  const Ticket a = line.submit("a", {"INCR", "1"});
  line.write();
  line.now += 1h;
  line.pipeline.tick(line.now);
  EXPECT_EQ(line.pipeline.cancel(a), std::nullopt);
  EXPECT_THAT(line.happened(), testing::Not(testing::Contains(testing::StartsWith("a "))));
}

TEST(Pipeline, knows_an_old_ticket_from_the_new_one_of_its_slot) {
  Line line;
  line.open();
  const Ticket old = line.submit("a", {"GET", "1"});
  line.write();
  line.hear("_\r\n");
  const Ticket fresh = line.submit("b", {"GET", "2"});
  EXPECT_EQ(fresh.slot, old.slot);
  EXPECT_EQ(line.pipeline.cancel(old), std::nullopt);
  EXPECT_EQ(line.pipeline.cancel(Ticket{}), std::nullopt);
  EXPECT_EQ(line.pipeline.cancel(fresh), Fate::unsent);
}

// T2: more replies than ops.
TEST(Pipeline, hangs_up_when_a_reply_comes_that_nobody_asked_for) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"});
  line.write();
  line.hear("$1\r\nx\r\n$1\r\ny\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: bulk'x'",
                                           "hang up: protocol_error: server: a reply that no "
                                           "command asked for"));
}

// T2: unexpected frame.
TEST(Pipeline, hangs_up_on_bytes_without_meaning_and_gives_them_to_nobody) {
  Line line;
  line.open();
  line.submit("a", {"INCR", "1"});
  line.submit("b", {"GET", "1"}, Repeat::read);
  line.write();
  line.hear("hello\r\n:1\r\n$1\r\ny\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("hang up: protocol_error: RESP: no type begins with "
                                           "this byte at byte 0 of a frame"));
  line.submit("c", {"GET", "2"});
  EXPECT_EQ(line.write(), "");
  line.hear(":1\r\n");
  line.pipeline.disconnected(Error(Errc::protocol_error, "x"), Waiting::keep);
  EXPECT_THAT(line.happened(), ElementsAre("a unknown: protocol_error, unknown_outcome",
                                           "b repeatable: protocol_error, later"));
  EXPECT_EQ(line.pipeline.waiting(), 1U);
}

// T10: no write/write deadlock; the reader is always armed.
TEST(Pipeline, hears_replies_while_it_is_still_writing) {
  Line line;
  line.open();
  for (int i = 0; i < 3; ++i) {
    line.submit("a", {"SET", "k", std::string(200'000, 'v')});
  }
  EXPECT_FALSE(line.pipeline.to_write(line.now).empty());
  line.pipeline.written(10, line.now);
  line.hear("+OK\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: simple'OK'"));
  line.write();
  line.hear("+OK\r\n+OK\r\n");
  EXPECT_EQ(line.happened().size(), 2U);
}

// T11: push interleaved between replies, and inside one.
TEST(Pipeline, tells_pushes_and_replies_apart) {
  Line line;
  line.open();
  line.submit("a", {"MGET", "1", "2"});
  line.write();
  line.hear(">2\r\n+invalidate\r\n*1\r\n+k\r\n*2\r\n$1\r\nx\r\n>2\r\n+invalidate\r\n_\r\n_\r\n");
  EXPECT_THAT(line.happened(),
              ElementsAre("push(simple'invalidate' array(simple'k'))",
                          "push(simple'invalidate' null)", "a: array(bulk'x' null)"));
  line.hear(">1\r\n+alone\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("push(simple'alone')"));
}

// T12: reply larger than the buffer.
TEST(Pipeline, gives_a_reply_of_megabytes_whole) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"});
  line.write();
  const std::string value(5'000'000, 'v');
  line.hear("$5000000\r\n" + value + "\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: bulk'" + value + "'"));
}

// C2: ASKING glued to the command on the same connection, never wrapped by another op.
TEST(Pipeline, puts_asking_directly_in_front_of_a_command_and_swallows_its_reply) {
  Line line;
  line.open();
  Submission how = line.how("a");
  how.asked = Asked::yes;
  line.submit({"GET", "k"}, how);
  line.submit("b", {"GET", "2"});
  EXPECT_TRUE(
      line.write().starts_with("*1\r\n$6\r\nASKING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n"));
  line.hear("+OK\r\n$1\r\nx\r\n_\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: bulk'x'", "b: null"));
}

TEST(Pipeline, swallows_both_replies_of_an_asking_command_that_was_cancelled) {
  Line line;
  line.open();
  Submission how = line.how("a");
  how.asked = Asked::yes;
  const Ticket a = line.submit({"GET", "k"}, how);
  line.submit("b", {"GET", "2"});
  line.write();
  line.pipeline.cancel(a);
  line.hear("-ERR This instance has cluster support disabled\r\n$1\r\nx\r\n_\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: null"));
}

TEST(Pipeline, refuses_what_does_not_fit_a_connection_that_is_shared) {
  Line line;
  line.open();
  for (const char* verb : {"HELLO", "auth", "Select", "READONLY", "ASKING", "RESET", "MONITOR",
                           "MULTI", "EXEC", "QUIT", "PSYNC"}) {
    line.submit("a", {verb, "1"});
    EXPECT_THAT(line.happened(), ElementsAre("refused: invalid_argument")) << verb;
  }
  line.submit("a", {"client", "reply", "off"});
  line.submit("a", {});
  EXPECT_THAT(line.happened(), testing::SizeIs(2));
  line.submit("a", {"CLIENT", "ID"});
  line.submit("a", {"HELLOO"});
  EXPECT_THAT(line.happened(), IsEmpty());
}

// M2: destroy with ops in flight, from its own event, before connect.
TEST(Pipeline, may_be_destroyed_at_any_time_also_while_an_event_is_handled) {
  {
    const Pipeline never_connected;
  }
  auto pipeline = std::make_unique<Pipeline>();
  const SteadyTime now(1h);
  pipeline->connected({}, now);
  const Submission how{.deadline = now + 1s};
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(pipeline->submit({"GET", "k"}, how, now));
  }
  EXPECT_FALSE(pipeline->to_write(now).empty());
  pipeline->disconnected(Error(Errc::unavailable, "reset"), Waiting::fail);
  int failed = 0;
  for (auto event = pipeline->next(); event; event = pipeline ? pipeline->next() : std::nullopt) {
    EXPECT_TRUE(std::holds_alternative<Failed>(*event));
    if (++failed == 3) {
      pipeline.reset();
    }
  }
  EXPECT_EQ(failed, 3);
}

TEST(Pipeline, takes_new_commands_while_events_are_being_taken) {
  Line line;
  line.open();
  line.submit("a", {"GET", "1"});
  line.write();
  const auto room = line.pipeline.receive_room();
  std::ranges::copy(std::string_view("_\r\n"), room.begin());
  line.pipeline.received(3, line.now);
  int answered = 0;
  while (const auto event = line.pipeline.next()) {
    ++answered;
    line.submit("b", {"GET", "2"});
  }
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(line.pipeline.waiting(), 1U);
}

// M1: many connects and losses leak nothing.
TEST(Pipeline, is_as_empty_after_many_losses_as_before) {
  Line line;
  for (int i = 0; i < 10'000; ++i) {
    line.open();
    line.submit("a", {"INCR", "1"});
    line.submit("b", {"SET", "1", Bytes(std::string(10'000, 'v'))}, Repeat::idempotent);
    line.write();
    line.submit("c", {"GET", "1"});
    line.lose(Waiting::fail);
    EXPECT_THAT(line.happened(), testing::SizeIs(3));
  }
  EXPECT_EQ(line.pipeline.bytes(), 0U);
  EXPECT_EQ(line.pipeline.waiting(), 0U);
  EXPECT_EQ(line.pipeline.unanswered(), 0U);
}

}  // namespace
}  // namespace larder::redis

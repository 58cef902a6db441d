#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <larder/redis/pipeline.hpp>

#include "line.hpp"

namespace larder::redis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Script kScript("return 1");
constexpr std::string_view kBySource =
    "*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n";
constexpr std::string_view kByDigest =
    "*4\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n"
    "$1\r\n1\r\n$1\r\nk\r\n";
constexpr std::string_view kNoScript = "-NOSCRIPT No matching script. Please use EVAL.\r\n";

// A line whose server has been sent the script.
Line knowing_line(PipelineLimits limits = {}) {
  Line line(limits);
  line.open();
  line.submit(kScript, {1, "k"}, line.how("first"));
  line.write();
  line.hear(":1\r\n");
  line.happened();
  return line;
}

TEST(PipelineScript, carries_its_source_once_on_each_connection) {
  Line line;
  for (int connection = 0; connection < 2; ++connection) {
    line.open();
    line.submit(kScript, {1, "k"}, line.how("a"));
    line.submit(kScript, {1, "k"}, line.how("b"));
    EXPECT_EQ(line.write(), std::string(kBySource) + std::string(kByDigest));
    line.hear(":1\r\n:2\r\n");
    EXPECT_THAT(line.happened(), ElementsAre("a: integer'1'", "b: integer'2'"));
    line.lose();
  }
}

// L1: EVALSHA -> EVAL once, in a pipeline too, order kept.
TEST(PipelineScript, is_sent_again_with_its_source_before_anything_unsent_if_it_is_missing) {
  Line line = knowing_line();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.submit("b", {"GET", "1"});
  EXPECT_EQ(line.write(), std::string(kByDigest) + "*2\r\n$3\r\nGET\r\n$1\r\n1\r\n");
  line.submit("c", {"GET", "2"});
  line.hear(std::string(kNoScript) + "$1\r\nx\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("b: bulk'x'"));
  EXPECT_EQ(line.write(), std::string(kBySource) + "*2\r\n$3\r\nGET\r\n$1\r\n2\r\n");
  line.hear(":1\r\n$1\r\ny\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: integer'1'", "c: bulk'y'"));
}

TEST(PipelineScript, keeps_the_order_of_several_calls_that_are_sent_again) {
  Line line = knowing_line();
  line.submit(kScript, {1, "first"}, line.how("a"));
  line.submit(kScript, {1, "second"}, line.how("b"));
  line.write();
  line.hear(std::string(kNoScript) + std::string(kNoScript));
  const std::string sent = line.write();
  EXPECT_LT(sent.find("first"), sent.find("second"));
  line.hear(":1\r\n:2\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: integer'1'", "b: integer'2'"));
}

TEST(PipelineScript, is_sent_again_with_its_large_values) {
  Line line = knowing_line();
  const Bytes value(std::string(10'000, 'v'));
  line.submit(kScript, {1, "k", value}, line.how("a"));
  const std::string first = line.write();
  line.hear(kNoScript);
  const std::string again = line.write();
  EXPECT_EQ(again.substr(again.find("$1\r\n1")), first.substr(first.find("$1\r\n1")));
}

TEST(PipelineScript, is_not_sent_a_third_time) {
  Line line;
  line.open();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.write();
  line.hear(kNoScript);
  EXPECT_THAT(line.happened(),
              ElementsAre("a: error'NOSCRIPT No matching script. Please use EVAL.'"));
}

TEST(PipelineScript, counts_as_unsent_between_its_two_sendings) {
  Line line = knowing_line();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.write();
  line.hear(kNoScript);
  line.lose(Waiting::fail);
  EXPECT_THAT(line.happened(), ElementsAre("a unsent: unavailable, later"));
}

TEST(PipelineScript, may_be_sent_again_on_the_next_connection) {
  Line line = knowing_line();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.write();
  line.hear(kNoScript);
  line.lose(Waiting::keep);
  line.open();
  EXPECT_EQ(line.write(), kBySource);
  line.hear(":1\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: integer'1'"));
}

TEST(PipelineScript, is_not_sent_again_when_nobody_waits_for_it) {
  Line line = knowing_line();
  const Ticket a = line.submit(kScript, {1, "k"}, line.how("a"));
  line.submit(kScript, {1, "k"}, line.how("b"));
  line.write();
  EXPECT_EQ(line.pipeline.cancel(a), Fate::unknown);
  line.wait(500ms);
  EXPECT_THAT(line.happened(), ElementsAre("b unknown: timeout, unknown_outcome"));
  line.hear(std::string(kNoScript) + std::string(kNoScript));
  EXPECT_EQ(line.write(), "");
  EXPECT_THAT(line.happened(), IsEmpty());
  EXPECT_EQ(line.pipeline.bytes(), 0U);
}

TEST(PipelineScript, can_be_cancelled_between_its_two_sendings) {
  Line line = knowing_line();
  const Ticket a = line.submit(kScript, {1, "k"}, line.how("a"));
  line.write();
  line.hear(kNoScript);
  EXPECT_EQ(line.pipeline.cancel(a), Fate::unsent);
  EXPECT_EQ(line.write(), "");
  EXPECT_EQ(line.pipeline.waiting(), 0U);
}

TEST(PipelineScript, asks_again_when_it_is_sent_again) {
  Line line = knowing_line();
  Submission how = line.how("a");
  how.asked = Asked::yes;
  line.submit(kScript, {1, "k"}, how);
  const std::string asking = "*1\r\n$6\r\nASKING\r\n";
  EXPECT_EQ(line.write(), asking + std::string(kByDigest));
  line.hear("+OK\r\n" + std::string(kNoScript));
  EXPECT_EQ(line.write(), asking + std::string(kBySource));
  line.hear("+OK\r\n:1\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: integer'1'"));
}

// A script that failed for another reason has not been loaded by the server.
TEST(PipelineScript, recovers_when_its_first_call_was_refused_before_it_was_loaded) {
  Line line;
  line.open();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.submit(kScript, {1, "k"}, line.how("b"));
  line.write();
  line.hear("-OOM command not allowed\r\n" + std::string(kNoScript));
  EXPECT_THAT(line.happened(), ElementsAre("a: error'OOM command not allowed'"));
  EXPECT_EQ(line.write(), kBySource);
}

// L2: script timeouts BUSY: no retry of writers.
TEST(PipelineScript, hands_busy_to_the_caller) {
  Line line = knowing_line();
  line.submit(kScript, {1, "k"}, line.how("a"));
  line.write();
  line.hear("-BUSY Redis is busy running a script.\r\n");
  EXPECT_THAT(line.happened(), ElementsAre("a: error'BUSY Redis is busy running a script.'"));
  EXPECT_EQ(line.write(), "");
}

}  // namespace
}  // namespace larder::redis

#include "engine/receive.hpp"

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds kTtlMax = 1h;

TEST(Receive, grants_the_ttl_that_the_upstream_hints) {
  const auto received = receive_hinted(
      {.json = R"({"resultType":"complete","ttlMs":5000,"cacheScope":"public","contents":[]})"},
      {.ttl = 60s}, kTtlMax);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->form, ResultForm::shared);
  EXPECT_EQ(received->ttl, 5s);
  EXPECT_TRUE(received->store);
  EXPECT_FALSE(received->body.contains("ttlMs"));
}

TEST(Receive, uses_the_configured_ttl_only_without_a_hint) {
  const auto received = receive_hinted({.json = R"({"contents":[]})"}, {.ttl = 60s}, kTtlMax);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->ttl, 60s);
  EXPECT_EQ(received->form, ResultForm::personal);
  const auto zero = receive_hinted({.json = R"({"ttlMs":0,"contents":[]})"}, {.ttl = 60s}, kTtlMax);
  ASSERT_TRUE(zero);
  EXPECT_FALSE(zero->store);
}

TEST(Receive, caps_what_an_upstream_asks_for) {
  const auto received = receive_hinted(
      {.json = R"({"ttlMs":99999999999,"cacheScope":"private","contents":[]})"}, {}, kTtlMax);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->ttl, kTtlMax);
}

TEST(Receive, never_stores_errors_interim_results_or_interactions) {
  const mcp::CallPolicy policy{.cacheable = true, .ttl = 60s};
  const auto error =
      receive_tool({.is_error = true, .json = R"({"code":1,"message":"x"})"}, policy, kTtlMax);
  EXPECT_EQ(error->form, ResultForm::error);
  EXPECT_FALSE(error->store);
  const auto tool_error =
      receive_tool({.json = R"({"content":[],"isError":true})"}, policy, kTtlMax);
  EXPECT_FALSE(tool_error->store);
  const auto interim = receive_tool(
      {.json = R"({"resultType":"input_required","requestState":"s"})"}, policy, kTtlMax);
  EXPECT_EQ(interim->form, ResultForm::interim);
  EXPECT_EQ(interim->type, "input_required");
  EXPECT_FALSE(interim->store);
  const auto interacted =
      receive_tool({.json = R"({"content":[]})", .interacted = true}, policy, kTtlMax);
  EXPECT_FALSE(interacted->store);
  const auto fine = receive_tool({.json = R"({"content":[]})"}, policy, kTtlMax);
  EXPECT_TRUE(fine->store);
}

TEST(Receive, calls_a_result_that_is_no_object_a_broken_protocol) {
  const auto received = receive_plain({.json = "[]"});
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code(), Errc::protocol_error);
}

TEST(Answer, carries_the_ttl_that_is_left) {
  const Fetched fetched{.result = {.form = ResultForm::shared, .ttl = 60s}, .ttl_left = 12s};
  const RpcOutcome outcome = answer_with(fetched, {}, true);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->hints->ttl, 12s);
  EXPECT_EQ(outcome->hints->scope, mcp::CacheScope::shared);
}

TEST(Answer, gives_modern_clients_the_modern_code_for_a_missing_resource) {
  const Fetched fetched{
      .result = {.form = ResultForm::error,
                 .body = Bytes(std::string(R"({"code":-32002,"message":"gone"})"))}};
  const RpcOutcome modern = answer_with(fetched, {.era = mcp::Era::modern}, true);
  EXPECT_EQ(modern.error().error.code, mcp::code::kInvalidParams);
  const RpcOutcome legacy = answer_with(fetched, {.era = mcp::Era::legacy}, true);
  EXPECT_EQ(legacy.error().error.code, mcp::code::kLegacyResourceNotFound);
}

TEST(Answer, names_the_upstream_that_gave_none) {
  const auto failure = answer_error("weather", Error(Errc::timeout, "no answer within 30 s"));
  EXPECT_EQ(failure.error().error.code, mcp::code::kUpstreamTimeout);
  EXPECT_EQ(failure.error().error.message, "upstream 'weather': no answer within 30 s");
  EXPECT_EQ(answer_error("weather", Error(Errc::closed, "weather: closed")).error().error.message,
            "upstream 'weather': closed");
}

}  // namespace
}  // namespace larder::gateway

#include <larder/mcp/result.hpp>

#include <gtest/gtest.h>
#include <larder/entry.hpp>
#include <larder/mcp/request.hpp>

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

std::string our_meta() {
  return R"("_meta":{"io.modelcontextprotocol/serverInfo":)" + std::string(implementation_json()) +
         "}";
}

TEST(NormaliseResult, takes_out_what_depends_on_the_moment_and_keeps_the_rest_as_sent) {
  const auto result = normalise_result(
      R"({"resultType":"complete","content":[ {"text":"\u00e9"} ],"ttlMs":5000,"cacheScope":"public","n":1.50})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->type, "complete");
  EXPECT_EQ(result->hints.ttl, milliseconds(5000));
  EXPECT_EQ(result->hints.scope, CacheScope::shared);
  EXPECT_FALSE(result->is_error);
  EXPECT_EQ(result->members, R"("content":[ {"text":"\u00e9"} ],"n":1.50,)" + our_meta());
}

TEST(NormaliseResult, reads_a_legacy_result_as_complete_and_private_without_a_hint) {
  const auto result = normalise_result("{}");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->type, "complete");
  EXPECT_EQ(result->hints.ttl, std::nullopt);
  EXPECT_EQ(result->hints.scope, CacheScope::personal);
  EXPECT_EQ(result->members, our_meta());
}

TEST(NormaliseResult, keeps_the_upstreams_own_server_info) {
  const std::string meta =
      R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"theirs"},"a":1})";
  EXPECT_EQ(normalise_result("{" + meta + "}")->members, meta);
}

TEST(NormaliseResult, adds_server_info_beside_other_meta) {
  EXPECT_EQ(normalise_result(R"({"_meta":{"a": 1}})")->members,
            R"("_meta":{"a": 1,"io.modelcontextprotocol/serverInfo":)" +
                std::string(implementation_json()) + "}");
  EXPECT_EQ(normalise_result(R"({"_meta":null})")->members, our_meta());
}

TEST(NormaliseResult, reads_every_ttl) {
  const std::pair<std::string, std::optional<milliseconds>> cases[] = {
      {"0", milliseconds(0)},      {"1500.9", milliseconds(1500)},
      {"1e3", milliseconds(1000)}, {"1e-400", milliseconds(0)},
      {"-1", std::nullopt},        {"-0", std::nullopt},
      {"null", std::nullopt},      {R"("5")", std::nullopt},
      {"1e400", Life::kTotalMax},  {"9223372036854775808", Life::kTotalMax}};
  for (const auto& [ttl, expected] : cases) {
    EXPECT_EQ(normalise_result(R"({"ttlMs":)" + ttl + "}")->hints.ttl, expected) << ttl;
  }
}

TEST(NormaliseResult, takes_an_unknown_scope_for_private) {
  EXPECT_EQ(normalise_result(R"({"cacheScope":"PUBLIC"})")->hints.scope, CacheScope::personal);
  EXPECT_EQ(normalise_result(R"({"cacheScope":1})")->hints.scope, CacheScope::personal);
}

TEST(NormaliseResult, sees_errors_and_other_types) {
  EXPECT_TRUE(normalise_result(R"({"content":[],"isError":true})")->is_error);
  EXPECT_FALSE(normalise_result(R"({"content":[],"isError":"true"})")->is_error);
  EXPECT_EQ(normalise_result(R"({"resultType":"input_required"})")->type, "input_required");
}

TEST(NormaliseResult, refuses_what_is_no_object) {
  for (const std::string text : {"", "[]", "null", "{", "{}{}", R"({"a":1,"a":2})",
                                 "{\"a\":\"\xFF\"}", R"({"resultType":1})"}) {
    const auto result = normalise_result(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, code::kInternalError);
  }
}

TEST(SpliceResult, gives_modern_clients_type_and_hints) {
  const Splice splice =
      splice_result("7", Era::modern, "complete",
                    CacheHints{.ttl = milliseconds(250), .scope = CacheScope::shared});
  EXPECT_EQ(
      splice.prefix + R"("a":1)" + splice.suffix,
      R"({"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","ttlMs":250,"cacheScope":"public","a":1}})");
}

TEST(SpliceResult, sends_a_ttl_of_zero_where_nothing_is_left_or_known) {
  for (const auto ttl : {std::optional<milliseconds>(), std::optional(milliseconds(-5))}) {
    EXPECT_EQ(
        splice_result("1", Era::modern, "complete", CacheHints{.ttl = ttl}).around(""),
        R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private"}})");
  }
}

TEST(SpliceResult, spares_legacy_clients_what_they_do_not_know) {
  const Splice splice =
      splice_result(R"("a")", Era::legacy, "complete", CacheHints{.ttl = milliseconds(250)});
  EXPECT_EQ(splice.around(R"("a":1)"), R"({"jsonrpc":"2.0","id":"a","result":{"a":1}})");
  EXPECT_EQ(splice.around(""), R"({"jsonrpc":"2.0","id":"a","result":{}})");
}

TEST(SpliceResult, is_a_message_again_around_any_members) {
  for (const Era era : {Era::modern, Era::legacy}) {
    for (const std::string members : {"", R"("a":1)"}) {
      const std::string text = splice_result("1", era, "complete", std::nullopt).around(members);
      EXPECT_TRUE(parse_message(text)) << text;
    }
  }
}

TEST(CarriesHints, is_true_for_the_six_methods_of_the_specification) {
  for (const std::string method :
       {"server/discover", "tools/list", "prompts/list", "resources/list",
        "resources/templates/list", "resources/read"}) {
    EXPECT_TRUE(carries_hints(method)) << method;
  }
  EXPECT_FALSE(carries_hints("tools/call"));
  EXPECT_FALSE(carries_hints("prompts/get"));
}

}  // namespace
}  // namespace larder::mcp

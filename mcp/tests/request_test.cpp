#include <larder/mcp/request.hpp>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

Message call(std::string params_json) {
  return {.id_json = "1", .method = "tools/call", .params_json = std::move(params_json)};
}

TEST(ReadFacts, finds_what_routing_needs) {
  const auto facts = read_facts(call(
      R"({"name":"get\u005fweather","uri":"file:///a","cursor":"","arguments":{"city": "Z"},
          "ref":{"type":"ref/prompt","name":"p","uri":"u"},
          "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                   "io.modelcontextprotocol/clientCapabilities":{"roots":{}},
                   "io.modelcontextprotocol/clientInfo":{"name":"c"}}})"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->name, "get_weather");
  EXPECT_EQ(facts->uri, "file:///a");
  EXPECT_EQ(facts->cursor, "");
  EXPECT_EQ(facts->arguments_json, R"({"city": "Z"})");
  EXPECT_EQ(facts->ref_name, "p");
  EXPECT_EQ(facts->ref_uri, "u");
  EXPECT_EQ(facts->version, "2026-07-28");
  EXPECT_EQ(facts->client_capabilities_json, R"({"roots":{}})");
  EXPECT_EQ(facts->client_info_json, R"({"name":"c"})");
  EXPECT_FALSE(facts->is_retry);
  EXPECT_FALSE(facts->asks_for_task);
}

TEST(ReadFacts, leaves_absent_members_empty) {
  const auto facts = read_facts(call("{}"));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name, std::nullopt);
  EXPECT_EQ(facts->cursor, std::nullopt);
  EXPECT_EQ(facts->version, std::nullopt);
  EXPECT_EQ(facts->arguments_json, "");
  EXPECT_EQ(facts->client_capabilities_json, "");
}

TEST(ReadFacts, sees_retries_and_tasks) {
  EXPECT_TRUE(read_facts(call(R"({"inputResponses":{}})"))->is_retry);
  EXPECT_TRUE(read_facts(call(R"({"requestState":"s"})"))->is_retry);
  EXPECT_TRUE(read_facts(call(R"({"task":{"ttl":1}})"))->asks_for_task);
}

TEST(ReadFacts, names_the_member_of_the_wrong_type) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"name":1})", "params.name must be a string."},
      {R"({"uri":null})", "params.uri must be a string."},
      {R"({"cursor":{}})", "params.cursor must be a string."},
      {R"({"arguments":[]})", "params.arguments must be an object."},
      {R"({"ref":"x"})", "params.ref must be an object."},
      {R"({"ref":{"name":1}})", "params.ref.name must be a string."},
      {R"({"_meta":7})", "params._meta must be an object."},
      {R"({"_meta":{"io.modelcontextprotocol/protocolVersion":1}})",
       "io.modelcontextprotocol/protocolVersion must be a string."},
      {R"({"_meta":{"io.modelcontextprotocol/clientCapabilities":[]}})",
       "io.modelcontextprotocol/clientCapabilities must be an object."},
      {"[]", "params must be an object."}};
  for (const auto& [params, message] : cases) {
    const auto facts = read_facts(call(params));
    ASSERT_FALSE(facts) << params;
    EXPECT_EQ(facts.error().code, code::kInvalidParams);
    EXPECT_EQ(facts.error().message, message);
  }
}

TEST(WriteRequest, speaks_for_itself_to_a_modern_upstream) {
  EXPECT_EQ(
      write_request(
          {.id_json = "7",
           .method = "tools/call",
           .params_json =
               R"({"name":"weather__get","arguments":{"n": 1.50},"_meta":{"progressToken":1,"traceparent": "00","io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientInfo":{"name":"theirs"},"io.modelcontextprotocol/clientCapabilities":{}}})",
           .era = Era::modern,
           .version = "2026-07-28",
           .client_capabilities_json = R"({"elicitation":{}})",
           .name = "get"}),
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"arguments":{"n": 1.50},"name":"get","_meta":{"traceparent": "00","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"larder","version":"0.1.0"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}})");
}

TEST(WriteRequest, removes_the_modern_members_for_a_legacy_upstream) {
  const std::string params =
      R"({"_meta":{"progressToken":1,"io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientCapabilities":{}},"uri":"u"})";
  EXPECT_EQ(write_request({.id_json = R"("a")",
                           .method = "resources/read",
                           .params_json = params,
                           .era = Era::legacy,
                           .version = "2025-11-25"}),
            R"({"jsonrpc":"2.0","id":"a","method":"resources/read","params":{"uri":"u"}})");
}

TEST(WriteRequest, sets_replaces_and_removes_cursors) {
  const Outgoing list{.id_json = "1",
                      .method = "tools/list",
                      .params_json = R"({"cursor":"merged"})",
                      .era = Era::legacy};
  Outgoing replaced = list;
  replaced.cursor = "theirs\"";
  EXPECT_EQ(write_request(replaced),
            R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"theirs\""}})");
  Outgoing removed = list;
  removed.remove_cursor = true;
  EXPECT_EQ(write_request(removed),
            R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}})");
  Outgoing set = removed;
  set.params_json = "{}";
  set.cursor = "";
  EXPECT_EQ(write_request(set),
            R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":""}})");
}

TEST(WriteRequest, replaces_the_name_inside_a_reference) {
  EXPECT_EQ(
      write_request(
          {.id_json = "1",
           .method = "completion/complete",
           .params_json =
               R"({"ref":{"type":"ref/prompt","name":"w__p"},"argument":{"name":"a","value":""}})",
           .era = Era::legacy,
           .ref_name = "p"}),
      R"({"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}}})");
}

TEST(WriteRequest, fits_on_one_line) {
  const std::string text = write_request(
      {.id_json = "1", .method = "m", .params_json = "{\n\"a\":\r\n[1,\n2]}", .era = Era::legacy});
  EXPECT_EQ(text, R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1,2]}})");
}

TEST(WriteRequest, reads_back_as_the_same_request) {
  const std::string text = write_request({.id_json = "12345678901234567890",
                                          .method = "prompts/get",
                                          .params_json = R"({"name":"x__p","arguments":{"a":"b"}})",
                                          .version = "2026-07-28",
                                          .client_capabilities_json = R"({"sampling":{}})",
                                          .name = "p"});
  const auto message = parse_message(text);
  ASSERT_TRUE(message);
  const auto facts = read_facts(*message);
  ASSERT_TRUE(facts);
  EXPECT_EQ(message->id_json, "12345678901234567890");
  EXPECT_EQ(facts->name, "p");
  EXPECT_EQ(facts->version, "2026-07-28");
  EXPECT_EQ(facts->arguments_json, R"({"a":"b"})");
  EXPECT_EQ(facts->client_capabilities_json, R"({"sampling":{}})");
  EXPECT_EQ(facts->client_info_json, implementation_json());
}

TEST(WriteNotification, has_params_only_where_given) {
  EXPECT_EQ(write_notification("notifications/initialized"),
            R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  EXPECT_EQ(write_notification("n", R"({"a":1})"),
            R"({"jsonrpc":"2.0","method":"n","params":{"a":1}})");
}

}  // namespace
}  // namespace larder::mcp

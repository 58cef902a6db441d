#include <gtest/gtest.h>
#include <larder/mcp/policy.hpp>

namespace larder::mcp {
namespace {

std::string subject(std::string_view params,
                    const std::optional<std::vector<std::string>>& fields = std::nullopt) {
  const auto text = request_subject("get", params, fields);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

TEST(RequestSubject, is_one_text_for_equal_calls) {
  EXPECT_EQ(subject(R"({"name":"weather__get","arguments":{"b":1.0,"a":"\u0061"}})"),
            subject(R"({ "arguments": {"a":"a","b":1}, "name":"get" })"));
}

TEST(RequestSubject, differs_where_the_target_or_an_argument_does) {
  const std::string one = subject(R"({"arguments":{"a":1}})");
  EXPECT_NE(subject(R"({"arguments":{"a":2}})"), one);
  EXPECT_NE(subject(R"({"arguments":{"a":1},"extra":true})"), one);
  EXPECT_NE(request_subject("put", R"({"arguments":{"a":1}})", std::nullopt).value(), one);
}

TEST(RequestSubject, ignores_who_asks_and_how_the_answer_is_sent) {
  EXPECT_EQ(subject(R"({"_meta":{"progressToken":7,"traceparent":"00",
                        "io.modelcontextprotocol/protocolVersion":"2026-07-28",
                        "io.modelcontextprotocol/clientInfo":{"name":"c"},
                        "io.modelcontextprotocol/clientCapabilities":{},
                        "io.modelcontextprotocol/logLevel":"debug"}})"),
            subject("{}"));
}

TEST(RequestSubject, counts_what_a_vendor_adds_to_meta) {
  EXPECT_NE(subject(R"({"_meta":{"com.example/tenant":"a"}})"),
            subject(R"({"_meta":{"com.example/tenant":"b"}})"));
}

TEST(RequestSubject, counts_only_the_key_fields_where_given) {
  const std::vector<std::string> city = {"city"};
  EXPECT_EQ(subject(R"({"arguments":{"city":"Bern","token":"x"}})", city),
            subject(R"({"arguments":{"token":"y","city":"Bern"}})", city));
  EXPECT_NE(subject(R"({"arguments":{"city":"Bern"}})", city),
            subject(R"({"arguments":{"city":"Rome"}})", city));
  EXPECT_EQ(subject(R"({"arguments":{"a":1}})", std::vector<std::string>{}),
            subject(R"({"arguments":{"b":2}})", std::vector<std::string>{}));
}

TEST(RequestSubject, refuses_what_is_no_object) {
  EXPECT_FALSE(request_subject("get", "[]", std::nullopt));
  EXPECT_FALSE(request_subject("get", R"({"arguments":[]})", std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace larder::mcp

#include <larder/mcp/rpc.hpp>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

TEST(ParseMessage, reads_a_request_and_keeps_its_params_as_sent) {
  const auto message = parse_message(
      R"( {"jsonrpc":"2.0", "id": 7, "method":"tools\/call", "params": {"b": 1.50, "a":"\u00e9"}} )");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, MessageKind::request);
  EXPECT_EQ(message->id_json, "7");
  EXPECT_EQ(message->method, "tools/call");
  EXPECT_EQ(message->params_json, R"({"b": 1.50, "a":"\u00e9"})");
}

TEST(ParseMessage, keeps_the_exact_text_of_every_id) {
  for (const std::string id :
       {"0", "-5", "123456789012345678901234567890", R"("")", R"("a\u0062")"}) {
    const auto message = parse_message(R"({"jsonrpc":"2.0","method":"ping","id":)" + id + "}");
    ASSERT_TRUE(message) << id;
    EXPECT_EQ(message->id_json, id);
    EXPECT_EQ(message->params_json, "{}");
  }
}

TEST(ParseMessage, takes_a_message_without_an_id_for_a_notification) {
  const auto message =
      parse_message(R"({"method":"notifications/cancelled","jsonrpc":"2.0","params":{}})");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, MessageKind::notification);
  EXPECT_EQ(message->id_json, "");
}

TEST(ParseMessage, reads_responses_with_a_result_or_an_error) {
  const auto good = parse_message(R"({"jsonrpc":"2.0","id":"x","result":{"a":1}})");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->kind, MessageKind::response);
  EXPECT_EQ(good->result_json, R"({"a":1})");
  const auto failed =
      parse_message(R"({"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"no"}})");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error_json, R"({"code":1,"message":"no"})");
  EXPECT_EQ(failed->result_json, "");
}

TEST(ParseMessage, accepts_an_error_from_a_peer_that_could_not_read_our_id) {
  for (const std::string text :
       {R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what"}})",
        R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"what"}})"}) {
    const auto message = parse_message(text);
    ASSERT_TRUE(message) << text;
    EXPECT_EQ(message->id_json, "null");
  }
}

TEST(ParseMessage, puts_what_it_keeps_on_one_line) {
  const auto message = parse_message(
      "{\"jsonrpc\":\"2.0\",\r\n\"id\":1,\"method\":\"m\",\"params\":{\r\n  \"a\": [\n1, "
      "\"\\n\"]}}");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->params_json, R"({  "a": [1, "\n"]})");
}

TEST(ParseMessage, reads_escaped_member_names_as_what_they_mean) {
  const auto message = parse_message(R"({"json\u0072pc":"2.0","\u0069d":1,"method":"m"})");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->id_json, "1");
}

struct Refused {
  std::string text;
  int code;
  std::string message;
  std::string id_json = "null";
};

class ParseMessageRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ParseMessageRefuses, and_says_why) {
  const auto message = parse_message(GetParam().text);
  ASSERT_FALSE(message) << GetParam().text;
  EXPECT_EQ(message.error().error.code, GetParam().code);
  EXPECT_EQ(message.error().error.message, GetParam().message);
  EXPECT_EQ(message.error().id_json, GetParam().id_json);
  EXPECT_EQ(message.error().error.data, "");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ParseMessageRefuses,
    testing::Values(
        Refused{R"({"id":4,"method":"m"})", code::kInvalidRequest,
                "The member \"jsonrpc\" must be \"2.0\".", "4"},
        Refused{R"({"jsonrpc":"1.0","id":4,"method":"m"})", code::kInvalidRequest,
                "The member \"jsonrpc\" must be \"2.0\".", "4"},
        Refused{R"({"jsonrpc":2.0,"id":4,"method":"m"})", code::kInvalidRequest,
                "The member \"jsonrpc\" must be \"2.0\".", "4"},
        Refused{R"({"jsonrpc":"2.0","id":null,"method":"m"})", code::kInvalidRequest,
                "The id must be a string or an integer."},
        Refused{R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", code::kInvalidRequest,
                "The id must be a string or an integer."},
        Refused{R"({"jsonrpc":"2.0","id":1e3,"method":"m"})", code::kInvalidRequest,
                "The id must be a string or an integer."},
        Refused{R"({"jsonrpc":"2.0","id":{},"method":"m"})", code::kInvalidRequest,
                "The id must be a string or an integer."},
        Refused{R"({"jsonrpc":"2.0","id":"a","method":1})", code::kInvalidRequest,
                "The method must be a string.", R"("a")"},
        Refused{R"({"jsonrpc":"2.0","id":1,"method":"m","params":[1]})", code::kInvalidRequest,
                "The params must be an object.", "1"},
        Refused{R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})", code::kInvalidRequest,
                "The params must be an object.", "1"},
        Refused{R"({"jsonrpc":"2.0","id":1,"method":"m","result":{}})", code::kInvalidRequest,
                "A message with a method has neither result nor error.", "1"},
        Refused{R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})", code::kInvalidRequest,
                "A response has either a result or an error, not both.", "1"},
        Refused{R"({"jsonrpc":"2.0","id":1})", code::kInvalidRequest,
                "The message has no method, no result and no error.", "1"},
        Refused{R"({"jsonrpc":"2.0","result":{}})", code::kInvalidRequest,
                "The id must be a string or an integer."},
        Refused{R"({"jsonrpc":"2.0","id":1,"error":"no"})", code::kInvalidRequest,
                "The error must be an object.", "1"},
        Refused{R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", code::kInvalidRequest,
                "Batches are not supported: send one message at a time."},
        Refused{R"("hello")", code::kInvalidRequest, "A message must be a JSON object."}));

INSTANTIATE_TEST_SUITE_P(
    Duplicates, ParseMessageRefuses,
    testing::Values(
        Refused{R"({"jsonrpc":"2.0","id":1,"method":"a","method":"b"})", code::kInvalidRequest,
                "The member \"method\" appears twice in one object.", "1"},
        Refused{R"({"jsonrpc":"2.0","id":1,"method":"a","id":2})", code::kInvalidRequest,
                "The member \"id\" appears twice in one object."},
        Refused{R"({"jsonrpc":"2.0","method":"a","params":{"x":[{"k":1,"\u006b":2}]},"id":9})",
                code::kInvalidRequest, "The member \"k\" appears twice in one object.", "9"},
        Refused{
            R"({"jsonrpc":"2.0","id":1,"method":"a","params":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"c":2}})",
            code::kInvalidRequest, "The member \"c\" appears twice in one object.", "1"}));

INSTANTIATE_TEST_SUITE_P(
    Grammar, ParseMessageRefuses,
    testing::Values(
        Refused{"", code::kParseError, "The message is empty."},
        Refused{" \r\n\t", code::kParseError, "The message is empty."},
        Refused{"\xEF\xBB\xBF{}", code::kParseError, "The message begins with a byte order mark."},
        Refused{"{\"a\":\"\xC0\xAF\"}", code::kParseError, "The message is not valid UTF-8."},
        Refused{"{\"a\":\"\xED\xA0\x80\"}", code::kParseError, "The message is not valid UTF-8."},
        Refused{R"({"a":"\ud800"})", code::kParseError,
                "The message is not valid JSON: an escape is a lone surrogate at byte 6."},
        Refused{R"({"a":"\udc00\ud800"})", code::kParseError,
                "The message is not valid JSON: an escape is a lone surrogate at byte 6."},
        Refused{R"({"a":"\ud800\u0041"})", code::kParseError,
                "The message is not valid JSON: an escape is a lone surrogate at byte 6."},
        Refused{R"({"a":"\u00g0"})", code::kParseError,
                "The message is not valid JSON: an escape has not four hex digits at byte 6."},
        Refused{R"({"a":"\x"})", code::kParseError,
                "The message is not valid JSON: an escape is unknown at byte 6."},
        Refused{"{\"a\":\"\n\"}", code::kParseError,
                "The message is not valid JSON: a control character in a string is not escaped at "
                "byte 6."},
        Refused{R"({"a":1} x)", code::kParseError,
                "The message is not valid JSON: something follows the value at byte 8."},
        Refused{R"({"a":1)", code::kParseError,
                "The message is not valid JSON: a comma or a closing brace is expected at byte 6."},
        Refused{R"({"a":1,})", code::kParseError,
                "The message is not valid JSON: a member's name is expected at byte 7."},
        Refused{R"({"a" 1})", code::kParseError,
                "The message is not valid JSON: a colon is expected at byte 5."},
        Refused{R"({"a":[1,]})", code::kParseError,
                "The message is not valid JSON: a value is expected at byte 8."},
        Refused{R"({"a":)", code::kParseError,
                "The message is not valid JSON: the text ends too early at byte 5."},
        Refused{R"({"a":01})", code::kParseError,
                "The message is not valid JSON: a comma or a closing brace is expected at byte 6."},
        Refused{R"({"a":1.})", code::kParseError,
                "The message is not valid JSON: a digit is expected at byte 7."},
        Refused{R"({"a":1e+})", code::kParseError,
                "The message is not valid JSON: a digit is expected at byte 8."},
        Refused{R"({"a":-})", code::kParseError,
                "The message is not valid JSON: a digit is expected at byte 6."},
        Refused{R"({"a":.5})", code::kParseError,
                "The message is not valid JSON: a value is expected at byte 5."},
        Refused{R"({"a":NaN})", code::kParseError,
                "The message is not valid JSON: a value is expected at byte 5."},
        Refused{R"({"a":nul})", code::kParseError,
                "The message is not valid JSON: a value is expected at byte 5."},
        Refused{R"({'a':1})", code::kParseError,
                "The message is not valid JSON: a member's name is expected at byte 1."},
        Refused{R"({"a":"b)", code::kParseError,
                "The message is not valid JSON: a string has no end at byte 7."},
        Refused{R"({"a":"b\)", code::kParseError,
                "The message is not valid JSON: a string has no end at byte 7."},
        Refused{std::string("{\"a\":1}\0", 8), code::kParseError,
                "The message is not valid JSON: something follows the value at byte 7."}));

TEST(ParseMessage, takes_nesting_up_to_its_limit_and_no_deeper) {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","method":"m","params":{"a":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(parse_message(nested(62)));
  const auto deep = parse_message(nested(63));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().error.code, code::kParseError);
  EXPECT_EQ(deep.error().error.message,
            "The message is not valid JSON: the nesting is too deep at byte 106.");
}

TEST(ParseMessage, survives_nesting_beyond_any_limit_it_is_given) {
  const MessageLimits limits{.bytes_max = 1U << 22, .depth_max = 1U << 22};
  EXPECT_FALSE(parse_message("{\"a\":" + std::string(1U << 20, '['), limits));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_FALSE(parse_message(objects, limits));
}

TEST(ParseMessage, refuses_more_bytes_than_its_limit) {
  const std::string text = R"({"jsonrpc":"2.0","id":1,"method":"m"})";
  EXPECT_TRUE(parse_message(text, {.bytes_max = text.size()}));
  const auto large = parse_message(text, {.bytes_max = text.size() - 1});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().error.message, "The message has 37 bytes, more than the 36 allowed.");
}

TEST(ParseMessage, refuses_every_cut_of_a_message) {
  const std::string text =
      R"({"jsonrpc":"2.0","id":-12,"method":"m","params":{"a":[true,false,null,1.5e-7,"\ud83d\ude00"]}})";
  ASSERT_TRUE(parse_message(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_message(text.substr(0, size))) << size;
  }
}

TEST(SplitBatch, gives_each_message_for_itself) {
  const auto parts = split_batch(R"( [{"a":1} , {"b":[2]}, 3] )");
  ASSERT_TRUE(parts);
  EXPECT_EQ(*parts, (std::vector<std::string_view>{R"({"a":1})", R"({"b":[2]})", "3"}));
}

TEST(SplitBatch, refuses_what_is_no_batch_empty_or_too_long) {
  EXPECT_EQ(split_batch("[]").error().error.message, "A batch must hold a message.");
  EXPECT_EQ(split_batch("{}").error().error.code, code::kParseError);
  EXPECT_EQ(split_batch("[{}").error().error.code, code::kParseError);
  EXPECT_EQ(split_batch("").error().error.message, "The message is empty.");
  const auto batch_of = [](std::size_t count) {
    std::string text = "[1";
    for (std::size_t i = 1; i < count; ++i) {
      text += ",1";
    }
    return text + "]";
  };
  EXPECT_EQ(split_batch(batch_of(kBatchMax))->size(), kBatchMax);
  const std::string long_batch = batch_of(kBatchMax + 1);
  EXPECT_EQ(split_batch(long_batch).error().error.message, "A batch holds at most 100 messages.");
}

TEST(WriteError, reads_back_as_the_same_error) {
  const RpcError error{
      .code = code::kUnsupportedVersion, .message = "no \"1999\"\n", .data = R"({"a":[1]})"};
  const auto message = parse_message(write_error(R"("x")", error));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->id_json, R"("x")");
  EXPECT_EQ(parse_error(message->error_json), error);
}

TEST(WriteError, answers_null_where_there_is_no_id) {
  EXPECT_EQ(write_error("", {.code = -32700, .message = "m"}),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})");
}

TEST(ParseError, makes_an_internal_error_of_what_it_cannot_read) {
  for (const std::string text :
       {"", "null", "{}", "[]", R"({"code":1})", R"({"code":"1","message":"m"})",
        R"({"code":1.5,"message":"m"})", R"({"code":99999999999,"message":"m"})",
        R"({"code":1,"message":2})", R"({"code":1,"code":2,"message":"m"})", R"({"code":)"}) {
    EXPECT_EQ(parse_error(text), (RpcError{.code = code::kInternalError,
                                           .message = "The upstream's error could not be read."}))
        << text;
  }
}

TEST(QuoteJson, escapes_what_json_wants_escaped_and_no_more) {
  EXPECT_EQ(quote_json("\"\\/\b\f\n\r\t\x01\x0b\x1f \x7f\u00e9"),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f \x7f\u00e9\"");
}

TEST(QuoteJson, replaces_bytes_that_are_no_characters) {
  EXPECT_EQ(quote_json("a\xFF\u00e9\xE2\x82"), "\"a\uFFFD\u00e9\uFFFD\uFFFD\"");
}

}  // namespace
}  // namespace larder::mcp

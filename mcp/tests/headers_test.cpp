#include <larder/mcp/headers.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace larder::mcp {
namespace {

// MCP 2026-07-28, "Value Encoding", examples.
TEST(EncodeHeaderValue, gives_the_specifications_examples) {
  const std::pair<std::string, std::string> cases[] = {
      {"us-west1", "us-west1"},
      {"Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="},
      {" padded ", "=?base64?IHBhZGRlZCA=?="},
      {"line1\nline2", "=?base64?bGluZTEKbGluZTI=?="},
      {"=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="},
      {"inner space", "inner space"},
      {"a\tb", "=?base64?YQli?="},
      {"", ""},
      {"=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?="}};
  for (const auto& [value, header] : cases) {
    EXPECT_EQ(encode_header_value(value), header);
    EXPECT_EQ(decode_header_value(header), value);
  }
}

TEST(DecodeHeaderValue, takes_half_a_sentinel_literally) {
  for (const std::string value :
       {"SGVsbG8=", "=?base64?SGVsbG8=", "SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", "=?base64?="}) {
    EXPECT_EQ(decode_header_value(value), value);
  }
}

TEST(DecodeHeaderValue, excludes_the_white_space_around_a_value) {
  EXPECT_EQ(decode_header_value(" \t a b\t "), "a b");
  EXPECT_EQ(decode_header_value(" =?base64?SGVsbG8=?= "), "Hello");
  EXPECT_EQ(decode_header_value("  "), "");
}

TEST(DecodeHeaderValue, refuses_invalid_characters_and_broken_base64) {
  for (const std::string value :
       {"=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "a\nb", "a\x7f", "\xc3\xa9"}) {
    EXPECT_EQ(decode_header_value(value), std::nullopt) << value;
  }
}

RC_GTEST_PROP(HeaderValue, comes_back_as_it_was, (const std::string& value)) {
  const std::string header = encode_header_value(value);
  RC_ASSERT(decode_header_value(header) == value);
  RC_ASSERT(header.find_first_of("\r\n") == std::string::npos);
}

struct Request {
  Message message;
  RequestFacts facts;
};

Request call(const std::string& arguments) {
  Request request{
      .message = {.id_json = "1",
                  .method = "tools/call",
                  .params_json =
                      R"({"name":"execute_sql","arguments":)" + arguments +
                      R"(,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})"},
      .facts = {}};
  request.facts = read_facts(request.message).value();
  return request;
}

const std::vector<HeaderView> kStandard = {{"MCP-Protocol-Version", "2026-07-28"},
                                           {"Mcp-Method", "tools/call"},
                                           {"Mcp-Name", "execute_sql"}};

std::string check(const Request& request, std::vector<HeaderView> headers,
                  std::vector<HeaderParam> params = {}) {
  const auto error = check_headers(headers, request.message, request.facts, params);
  if (error) {
    EXPECT_EQ(error->code, code::kHeaderMismatch);
  }
  return error ? error->message : "";
}

std::vector<HeaderView> with(std::vector<HeaderView> headers, HeaderView one) {
  headers.push_back(one);
  return headers;
}

TEST(CheckHeaders, accepts_headers_that_agree_with_the_body) {
  EXPECT_EQ(check(call("{}"), kStandard), "");
  EXPECT_EQ(check(call("{}"), {{"mcp-protocol-version", " 2026-07-28 "},
                               {"MCP-METHOD", "tools/call"},
                               {"mcp-name", "=?base64?ZXhlY3V0ZV9zcWw=?="},
                               {"Mcp-Param-Unknown", "\xff"}}),
            "");
}

TEST(CheckHeaders, wants_each_standard_header) {
  for (std::size_t missing = 0; missing < kStandard.size(); ++missing) {
    auto headers = kStandard;
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_EQ(check(call("{}"), headers), "Header mismatch: the " +
                                              std::string(kStandard[missing].first) +
                                              " header is missing; the body has '" +
                                              std::string(kStandard[missing].second) + "'.");
  }
}

TEST(CheckHeaders, names_the_header_and_both_values_where_they_differ) {
  for (std::size_t wrong = 0; wrong < kStandard.size(); ++wrong) {
    auto headers = kStandard;
    headers[wrong].second = "Tools/Call";
    EXPECT_EQ(check(call("{}"), headers), "Header mismatch: the " +
                                              std::string(kStandard[wrong].first) +
                                              " header is 'Tools/Call', the body has '" +
                                              std::string(kStandard[wrong].second) + "'.");
  }
}

TEST(CheckHeaders, refuses_a_header_sent_twice) {
  for (const HeaderView& header : kStandard) {
    EXPECT_EQ(
        check(call("{}"), with(kStandard, header)),
        "Header mismatch: the " + std::string(header.first) + " header is sent more than once.");
  }
}

TEST(CheckHeaders, refuses_invalid_characters_in_a_name) {
  auto headers = kStandard;
  headers[2].second = "execute\x01sql";
  EXPECT_EQ(check(call("{}"), headers),
            "Header mismatch: the Mcp-Name header has invalid characters.");
}

TEST(CheckHeaders, compares_the_name_header_with_the_uri_of_a_read) {
  Request read{.message = {.id_json = "1",
                           .method = "resources/read",
                           .params_json = R"({"uri":"file:///\u00e9"})"},
               .facts = {}};
  read.facts = read_facts(read.message).value();
  std::vector<HeaderView> headers = {{"MCP-Protocol-Version", "2026-07-28"},
                                     {"Mcp-Method", "resources/read"},
                                     {"Mcp-Name", "=?base64?ZmlsZTovLy/DqQ==?="}};
  EXPECT_EQ(check(read, headers), "");
  headers[2].second = "file:///e";
  EXPECT_EQ(check(read, headers),
            "Header mismatch: the Mcp-Name header is 'file:///e', the body has 'file:///\u00e9'.");
}

TEST(CheckHeaders, wants_no_name_header_where_the_method_has_none) {
  const Request list{.message = {.id_json = "1", .method = "tools/list", .params_json = "{}"},
                     .facts = {.version = "2026-07-28"}};
  EXPECT_EQ(check(list, {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}}),
            "");
}

struct ParamCase {
  std::string arguments;
  std::string type;
  std::optional<std::string> header;
  bool agrees;
};

class CheckMirroredParam : public testing::TestWithParam<ParamCase> {};

TEST_P(CheckMirroredParam, against_its_argument) {
  const ParamCase& one = GetParam();
  auto headers = kStandard;
  if (one.header) {
    headers.emplace_back("mcp-param-region", *one.header);
  }
  const std::string message = check(call(one.arguments), headers,
                                    {{.header = "Region", .path = {"a", "b"}, .type = one.type}});
  EXPECT_EQ(message.empty(), one.agrees) << one.arguments << " " << message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, CheckMirroredParam,
    testing::Values(
        ParamCase{R"({"a":{"b":"x"}})", "string", "x", true},
        ParamCase{R"({"a":{"b":"x"}})", "string", "X", false},
        ParamCase{R"({"a":{"b":"x"}})", "string", std::nullopt, false},
        ParamCase{R"({"a":{"b":""}})", "string", "", true},
        ParamCase{R"({"a":{"b":""}})", "string", std::nullopt, false},
        ParamCase{R"({"a":{"b":"Hello"}})", "string", "=?base64?SGVsbG8=?=", true},
        ParamCase{R"({"a":{"b":"Hello"}})", "string", "=?base64?SGVsbG8?=", false},
        ParamCase{R"({"a":{"b":"42"}})", "string", "42.0", false},
        ParamCase{R"({"a":{"b":null}})", "string", std::nullopt, true},
        ParamCase{R"({"a":{"b":null}})", "string", "null", false},
        ParamCase{R"({"a":{}})", "string", std::nullopt, true},
        ParamCase{R"({"a":{}})", "string", "x", false},
        ParamCase{R"({"a":1})", "string", "x", false},
        ParamCase{R"({})", "string", std::nullopt, true},
        ParamCase{R"({"a":{"b":["x"]}})", "string", std::nullopt, true},
        ParamCase{R"({"a":{"b":42}})", "integer", "42", true},
        ParamCase{R"({"a":{"b":42}})", "integer", "42.0", true},
        ParamCase{R"({"a":{"b":42.0}})", "integer", "4.2e1", true},
        ParamCase{R"({"a":{"b":42}})", "integer", "43", false},
        ParamCase{R"({"a":{"b":42}})", "integer", "42x", false},
        ParamCase{R"({"a":{"b":42}})", "integer", "nan", false},
        ParamCase{R"({"a":{"b":42}})", "integer", "", false},
        ParamCase{R"({"a":{"b":9007199254740993}})", "integer", "9007199254740993", true},
        ParamCase{R"({"a":{"b":9007199254740993}})", "integer", "9007199254740992", false},
        ParamCase{R"({"a":{"b":true}})", "boolean", "true", true},
        ParamCase{R"({"a":{"b":true}})", "boolean", "1", false},
        ParamCase{R"({"a":{"b":false}})", "boolean", "False", false}));

TEST(WriteHeaders, mirrors_what_check_headers_accepts) {
  const Request request =
      call(R"({"region":" é ","n":4.2e1,"on":true,"gone":null,"deep":{"x":"y"},"list":[1]})");
  const std::vector<HeaderParam> params = {
      {.header = "Region", .path = {"region"}, .type = "string"},
      {.header = "N", .path = {"n"}, .type = "integer"},
      {.header = "On", .path = {"on"}, .type = "boolean"},
      {.header = "Gone", .path = {"gone"}, .type = "string"},
      {.header = "Deep", .path = {"deep", "x"}, .type = "string"},
      {.header = "List", .path = {"list"}, .type = "string"}};
  const Outgoing outgoing{.id_json = "1",
                          .method = "tools/call",
                          .params_json = request.message.params_json,
                          .version = "2026-07-28"};
  const auto headers = write_headers(outgoing, request.facts, params);
  EXPECT_EQ(headers, (std::vector<Header>{{"MCP-Protocol-Version", "2026-07-28"},
                                          {"Mcp-Method", "tools/call"},
                                          {"Mcp-Name", "execute_sql"},
                                          {"Mcp-Param-Region", "=?base64?IMOpIA==?="},
                                          {"Mcp-Param-N", "42"},
                                          {"Mcp-Param-On", "true"},
                                          {"Mcp-Param-Deep", "y"}}));
  const std::vector<HeaderView> views(headers.begin(), headers.end());
  EXPECT_EQ(check_headers(views, request.message, request.facts, params), std::nullopt);
}

TEST(WriteHeaders, names_the_tool_as_the_upstream_calls_it) {
  const Request request = call("{}");
  const auto headers = write_headers(
      {.id_json = "1", .method = "tools/call", .version = "2026-07-28", .name = "sql"},
      request.facts, {});
  EXPECT_EQ(headers[2], (Header{"Mcp-Name", "sql"}));
}

}  // namespace
}  // namespace larder::mcp

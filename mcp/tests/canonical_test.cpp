#include <larder/mcp/canonical.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {
namespace {

std::string canonical(std::string_view json) {
  auto text = canonical_json(json);
  EXPECT_TRUE(text) << json << ": " << text.error().message;
  return text.value_or("");
}

// RFC 8785, sections 3.2.2 and 3.2.4.
TEST(CanonicalJson, gives_the_text_of_the_rfcs_example) {
  EXPECT_EQ(canonical(R"({
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    })"),
            R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],)"
            "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3.
TEST(CanonicalJson, sorts_names_by_their_utf16_code_units) {
  EXPECT_EQ(canonical(R"({"\u20ac":"Euro Sign","\r":"Carriage Return",
                          "\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
                          "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
                          "\u00f6":"Latin Small Letter O With Diaeresis"})"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            "\"\U0001F600\":\"Emoji: Grinning Face\","
            "\"\uFB33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, sorts_a_name_before_its_continuations) {
  EXPECT_EQ(canonical(R"({"ab":1,"":2,"a":3,"b":4,"aa":5})"),
            R"({"":2,"a":3,"aa":5,"ab":1,"b":4})");
}

// RFC 8785, appendix B, those of its values that JSON can write; two are read from more
// digits than a double needs.
TEST(CanonicalJson, writes_the_numbers_of_the_rfcs_table) {
  const std::pair<std::uint64_t, std::string> cases[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, expected] : cases) {
    char text[64];
    std::snprintf(text, sizeof text, "%.20e", std::bit_cast<double>(bits));
    EXPECT_EQ(canonical(text), expected) << text;
  }
}

TEST(CanonicalJson, writes_one_text_for_all_spellings_of_a_number) {
  for (const std::string text : {"100", "1e2", "100.0", "1E+2", "1000e-1"}) {
    EXPECT_EQ(canonical(text), "100");
  }
  EXPECT_EQ(canonical("-0"), "0");
  EXPECT_EQ(canonical("-0.0"), "0");
  EXPECT_EQ(canonical("0.10"), "0.1");
  EXPECT_EQ(canonical("123456.789e3"), "123456789");
}

TEST(CanonicalJson, never_folds_two_integers_into_one) {
  EXPECT_EQ(canonical("9007199254740992"), "9007199254740992");
  EXPECT_EQ(canonical("9007199254740993"), "9007199254740993");
  EXPECT_EQ(canonical("-9223372036854775809"), "-9223372036854775809");
  EXPECT_EQ(canonical("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(canonical("1000000000000000000000"), "1e+21");
}

TEST(CanonicalJson, keeps_the_digits_of_numbers_beyond_a_double) {
  EXPECT_EQ(canonical("1e400"), "1e400");
  EXPECT_EQ(canonical("-1e400"), "-1e400");
  EXPECT_EQ(canonical("1e-400"), "1e-400");
  const std::string digits(1000, '9');
  EXPECT_EQ(canonical(digits), digits);
}

TEST(CanonicalJson, refuses_what_is_not_one_json_value) {
  for (const std::string text : {"", "{", "1 2", "{\"a\":1,\"a\":1}", R"({"a":1,"\u0061":1})",
                                 "\"\xFF\"", R"("\ud800")", "nan", "01"}) {
    const auto refused = canonical_json(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, code::kInvalidParams);
  }
  EXPECT_FALSE(canonical_json(std::string(100'000, '[')));
}

TEST(CanonicalMembers, picks_the_members_that_matter) {
  const std::vector<std::string> fields = {"city", "unit", "absent"};
  const auto picked = canonical_members(R"({"unit":"C","token":"x","city":{"b":1,"a":2}})", fields);
  ASSERT_TRUE(picked);
  EXPECT_EQ(*picked, R"({"city":{"a":2,"b":1},"unit":"C"})");
}

TEST(CanonicalMembers, reads_no_arguments_as_an_empty_object) {
  EXPECT_EQ(canonical_members("", {}), "{}");
  EXPECT_EQ(canonical_members(R"({"a":1})", {}), "{}");
  EXPECT_FALSE(canonical_members("[1]", {}));
  EXPECT_FALSE(canonical_members(R"({"a":1,"a":2})", {}));
}

// A random value: a scalar, or an object where `scalar` is empty.
struct Value {
  std::string name;
  std::string scalar;
  std::vector<Value> members{};

  // With the members in an order that `random` picks, and some white space.
  std::string text(std::mt19937& random) const {
    if (!scalar.empty()) {
      return scalar;
    }
    std::vector<Value> shuffled = members;
    std::ranges::shuffle(shuffled, random);
    std::string out;
    for (const Value& member : shuffled) {
      out.append(out.empty() ? "" : " ,\n").append(quote_json(member.name)).append(" : ");
      out.append(member.text(random));
    }
    return "{" + out + "}";
  }
};

std::string arbitrary_scalar() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return std::to_string(*rc::gen::arbitrary<std::int64_t>());
    case 1:
      return quote_json(*rc::gen::arbitrary<std::string>());
    default:
      return "[true, null,1.50]";
  }
}

Value arbitrary_value(std::string name, int depth) {
  Value value{.name = std::move(name), .scalar = {}};
  if (depth == 0 || *rc::gen::inRange(0, 3) == 0) {
    value.scalar = arbitrary_scalar();
    return value;
  }
  for (const char* const member : {"a", "ab", "", "\u00e9", "\uFB33", "\U0001F600"}) {
    if (*rc::gen::arbitrary<bool>()) {
      value.members.push_back(arbitrary_value(member, depth - 1));
    }
  }
  return value;
}

RC_GTEST_PROP(CanonicalJson, does_not_depend_on_the_order_of_members, ()) {
  const Value value = arbitrary_value("", 3);
  std::mt19937 one(*rc::gen::arbitrary<unsigned>());
  std::mt19937 other(*rc::gen::arbitrary<unsigned>());
  RC_ASSERT(canonical(value.text(one)) == canonical(value.text(other)));
}

RC_GTEST_PROP(CanonicalJson, leaves_its_own_output_as_it_is, ()) {
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  const std::string once = canonical(arbitrary_value("", 3).text(random));
  RC_ASSERT(canonical(once) == once);
}

RC_GTEST_PROP(CanonicalJson, keeps_every_double, (std::uint64_t bits)) {
  const auto value = std::bit_cast<double>(bits);
  RC_PRE(value - value == 0);
  char text[64];
  std::snprintf(text, sizeof text, "%.17e", value);
  const std::string once = canonical(text);
  RC_ASSERT(std::strtod(once.c_str(), nullptr) == value);
}

}  // namespace
}  // namespace larder::mcp

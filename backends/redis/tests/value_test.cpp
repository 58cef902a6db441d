#include <larder/redis/value.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <larder/redis/resp_parser.hpp>

#include "show.hpp"

namespace larder::redis {
namespace {

using testing::HasSubstr;

// One value that lives as long as this.
class Reply {
 public:
  explicit Reply(std::string_view bytes) {
    parser_.feed(bytes);
    value_ = *parser_.next();
  }
  const Value* operator->() const { return &*value_; }
  const Value& operator*() const { return *value_; }

 private:
  RespParser parser_;
  std::optional<Value> value_;
};

TEST(Value, reads_texts) {
  EXPECT_EQ(Reply("$2\r\nhi\r\n")->as_text(), "hi");
  EXPECT_EQ(Reply("+hi\r\n")->as_text(), "hi");
  EXPECT_EQ(Reply("=6\r\ntxt:hi\r\n")->as_text(), "hi");
  EXPECT_EQ(**Reply("$2\r\nhi\r\n")->as_optional_text(), "hi");
  EXPECT_EQ(*Reply("_\r\n")->as_optional_text(), std::nullopt);
  EXPECT_EQ(Reply(":1\r\n")->as_text().error().message(),
            "protocol_error: reply: expected text, got integer");
}

TEST(Value, reads_integers_also_from_texts) {
  EXPECT_EQ(Reply(":-9223372036854775808\r\n")->as_integer(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Reply(":+5\r\n")->as_integer(), 5);
  EXPECT_EQ(Reply("$2\r\n42\r\n")->as_integer(), 42);
  EXPECT_FALSE(Reply("$3\r\n42x\r\n")->as_integer());
  EXPECT_FALSE(Reply("$0\r\n\r\n")->as_integer());
  EXPECT_FALSE(Reply(",1.0\r\n")->as_integer());
}

TEST(Value, reads_reals_with_infinity_and_nan) {
  EXPECT_EQ(Reply(",1.25\r\n")->as_real(), 1.25);
  EXPECT_EQ(Reply(":3\r\n")->as_real(), 3.0);
  EXPECT_EQ(Reply("$4\r\n-0.5\r\n")->as_real(), -0.5);
  EXPECT_EQ(Reply(",-inf\r\n")->as_real(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*Reply(",nan\r\n")->as_real()));
  EXPECT_FALSE(Reply("+half\r\n")->as_real());
}

TEST(Value, reads_booleans_of_both_protocols) {
  EXPECT_EQ(Reply("#t\r\n")->as_boolean(), true);
  EXPECT_EQ(Reply("#f\r\n")->as_boolean(), false);
  EXPECT_EQ(Reply(":1\r\n")->as_boolean(), true);
  EXPECT_FALSE(Reply(":2\r\n")->as_boolean());
}

TEST(Value, knows_ok) {
  EXPECT_TRUE(Reply("+OK\r\n")->as_ok());
  EXPECT_FALSE(Reply("+QUEUED\r\n")->as_ok());
  EXPECT_FALSE(Reply("$2\r\nOK\r\n")->as_ok());
}

TEST(Value, walks_over_nested_lists_by_their_span) {
  const Reply reply("*3\r\n*2\r\n:1\r\n*1\r\n:2\r\n+mid\r\n:9\r\n");
  EXPECT_EQ(reply->size(), 3U);
  EXPECT_EQ((*reply)[1].text(), "mid");
  EXPECT_EQ(show((*reply)[0]), "array(integer'1' array(integer'2'))");
  EXPECT_EQ((*reply)[2].as_integer(), 9);
  EXPECT_TRUE(reply->as_list(3));
  EXPECT_THAT(reply->as_list(4).error().context(), HasSubstr("at least 4 elements, got 3"));
}

TEST(Value, finds_by_key_in_maps_and_in_flat_lists_of_pairs) {
  for (const std::string_view bytes :
       {"%2\r\n+a\r\n*1\r\n:0\r\n+b\r\n:1\r\n", "*4\r\n+a\r\n*1\r\n:0\r\n$1\r\nb\r\n:1\r\n"}) {
    const Reply reply(bytes);
    EXPECT_TRUE(reply->as_map());
    EXPECT_EQ(reply->find("b")->as_integer(), 1);
    EXPECT_FALSE(reply->find("c"));
  }
  EXPECT_FALSE(Reply("*1\r\n+a\r\n")->as_map());
  EXPECT_FALSE(Reply("*1\r\n+a\r\n")->find("a"));
  EXPECT_FALSE(Reply("+a\r\n")->find("a"));
}

TEST(Value, answers_the_servers_own_error_to_every_question) {
  const Reply reply("-LOADING Redis is loading the dataset in memory\r\n");
  EXPECT_TRUE(reply->is_error());
  for (const Error& error :
       {reply->as_text().error(), reply->as_optional_text().error(), reply->as_integer().error(),
        reply->as_real().error(), reply->as_boolean().error(), reply->as_ok().error(),
        reply->as_list().error(), reply->as_map().error()}) {
    EXPECT_EQ(error.code(), Errc::unavailable);
    EXPECT_EQ(error.advice(), Advice::later);
  }
}

}  // namespace
}  // namespace larder::redis

#include "engine/uri_template.hpp"

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

TEST(UriTemplate, matches_plain_text_to_itself) {
  EXPECT_TRUE(matches_template("file:///a", "file:///a"));
  EXPECT_FALSE(matches_template("file:///a", "file:///b"));
  EXPECT_FALSE(matches_template("file:///ab", "file:///a"));
  EXPECT_FALSE(matches_template("file:///a", "file:///ab"));
}

TEST(UriTemplate, lets_a_name_stand_for_one_segment) {
  EXPECT_TRUE(matches_template("demo://x/12/y", "demo://x/{id}/y"));
  EXPECT_FALSE(matches_template("demo://x//y", "demo://x/{id}/y"));
  EXPECT_FALSE(matches_template("demo://x/1/2/y", "demo://x/{id}/y"));
  EXPECT_TRUE(matches_template("demo://a-b-c", "demo://{one}-{two}"));
}

TEST(UriTemplate, lets_operators_stand_for_anything) {
  EXPECT_TRUE(matches_template("file:///a/b/c.txt", "file:///{+path}"));
  EXPECT_TRUE(matches_template("file:///", "file:///{+path}"));
  EXPECT_TRUE(matches_template("x/y/z.txt", "{+a}/{b}.txt"));
  EXPECT_TRUE(matches_template("http://h/s?q=1", "http://h/s{?q,r}"));
}

TEST(UriTemplate, takes_an_unclosed_brace_for_text) {
  EXPECT_TRUE(matches_template("a{b", "a{b"));
  EXPECT_FALSE(matches_template("axb", "a{b"));
}

}  // namespace
}  // namespace larder::gateway

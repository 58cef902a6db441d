#include <larder/key.hpp>

#include <string>

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Key, keeps_its_parts_and_joins_them_with_a_colon) {
  const auto key = Key::make("tools", "weather:get {1}");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->name_space(), "tools");
  EXPECT_EQ(key->id(), "weather:get {1}");
  EXPECT_EQ(key->text(), "tools:weather:get {1}");
}

TEST(Key, reads_back_its_own_text) {
  const Key key = Key::literal("a.b-c_9", std::string("\0:\xff", 3));
  const auto again = Key::parse(key.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, key);
  EXPECT_EQ(again->name_space(), key.name_space());
}

TEST(Key, refuses_a_namespace_outside_its_alphabet) {
  for (const std::string& name : {std::string(), std::string("Upper"), std::string("a b"),
                                  std::string("a:b"), std::string(65, 'a')}) {
    const auto key = Key::make(name, "id");
    ASSERT_FALSE(key) << name;
    EXPECT_EQ(key.error().code(), Errc::invalid_argument);
    EXPECT_NE(key.error().context().find("namespace"), std::string::npos);
  }
  EXPECT_TRUE(Key::make(std::string(64, 'a'), "id"));
}

TEST(Key, refuses_an_empty_or_oversized_id) {
  EXPECT_FALSE(Key::make("n", ""));
  EXPECT_TRUE(Key::make("n", std::string(1024, 'x')));
  const auto key = Key::make("n", std::string(1025, 'x'));
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().context().find("1025"), std::string::npos);
}

TEST(Key, calls_foreign_text_corrupt) {
  EXPECT_EQ(Key::parse("no colon").error().code(), Errc::corrupt);
  EXPECT_EQ(Key::parse("UPPER:id").error().code(), Errc::corrupt);
  EXPECT_EQ(Key::parse("").error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace larder

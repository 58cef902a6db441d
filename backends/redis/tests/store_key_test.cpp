#include <larder/redis/store_key.hpp>

#include <string>

#include <gtest/gtest.h>

namespace larder::redis {
namespace {

// Vectors of the cluster specification, and answers of CLUSTER KEYSLOT of Redis 7.0.15.
TEST(Slot, is_the_one_of_the_cluster_specification) {
  EXPECT_EQ(crc16("123456789"), 0x31C3);
  EXPECT_EQ(crc16(""), 0);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("bar"), 5061);
  EXPECT_EQ(slot_of("hello"), 866);
  EXPECT_EQ(slot_of("123456789"), 12739);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(Slot, hashes_the_first_tag_that_is_not_empty_and_else_everything) {
  EXPECT_EQ(hash_tag("{user1000}.following"), "user1000");
  EXPECT_EQ(hash_tag("foo{}{bar}"), "foo{}{bar}");
  EXPECT_EQ(hash_tag("foo{{bar}}zap"), "{bar");
  EXPECT_EQ(hash_tag("foo{bar}{zap}"), "bar");
  EXPECT_EQ(hash_tag("foo{bar"), "foo{bar");
  EXPECT_EQ(hash_tag("foo}bar{"), "foo}bar{");
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
}

TEST(StoreKey, has_the_form_of_the_documentation) {
  EXPECT_EQ(store_key("larder", Key::literal("weather", "Lisbon"), ""), "larder:{weather:Lisbon}");
  EXPECT_EQ(store_key("p", Key::literal("n", "i"), "lease"), "p:{n:i}lease");
  std::string names = "a ";
  append_store_key(names, "p", Key::literal("n", "i"), "");
  EXPECT_EQ(names, "a p:{n:i}");
}

TEST(StoreKey, puts_all_records_of_a_key_into_its_slot) {
  for (const char* id : {"Lisbon", "}", "{}", "a}b", "{a", "a{b}c", "}{"}) {
    const Key key = Key::literal("weather", id);
    EXPECT_EQ(slot_of(key), slot_of(store_key("larder", key, ""))) << id;
    EXPECT_EQ(slot_of(key), slot_of(store_key("other", key, ":lease}"))) << id;
  }
}

TEST(StoreKey, is_read_back_with_its_suffix) {
  for (const std::string id : {"Lisbon", "}", "a}lease", "{}", "a:b"}) {
    const Key key = Key::literal("weather", id);
    EXPECT_EQ(key_of(store_key("larder", key, "lease"), "larder", "lease"), key);
    EXPECT_EQ(key_of(store_key("larder", key, ""), "larder", ""), key);
  }
}

TEST(StoreKey, is_no_key_of_another_prefix_suffix_or_form) {
  const std::string name = store_key("larder", Key::literal("weather", "Lisbon"), "lease");
  EXPECT_FALSE(key_of(name, "lard", "lease"));
  EXPECT_FALSE(key_of(name, "larder", ""));
  EXPECT_FALSE(key_of(name, "larder", "quota"));
  EXPECT_FALSE(key_of("larder:{Weather:Lisbon}", "larder", ""));
  EXPECT_FALSE(key_of("larder:{weather}", "larder", ""));
  EXPECT_FALSE(key_of("larder:{}", "larder", ""));
  EXPECT_FALSE(key_of("larder:}", "larder", ""));
  EXPECT_FALSE(key_of("", "larder", ""));
}

}  // namespace
}  // namespace larder::redis

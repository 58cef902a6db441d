#include <string>
#include <vector>

#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryValues, come_back_as_they_were_put) {
  Store store;
  Entry item = entry("a", std::string("zero\0inside", 11), {.fresh = 10s, .stale = 5s});
  item.load_cost = 7ms;
  item.epochs = {TagEpoch{.tag = key("tag"), .epoch = Epoch{42}}};
  item.codec = Codec::zstd;
  item.presence = Presence::absence;
  EXPECT_TRUE(store.put(item)->stored);
  const auto found = store.get("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entry->entry(), item);
  EXPECT_EQ(found->life_left, 15s);
  EXPECT_EQ(found->fresh_left(), 10s);
}

TEST(MemoryValues, are_handed_out_without_a_copy) {
  Store store;
  store.put(entry("a", "value"));
  EXPECT_EQ(store.get("a")->entry.get(), store.get("a")->entry.get());
  EXPECT_EQ(store.backend->find(key("a"))->entry.get(), store.get("a")->entry.get());
}

TEST(MemoryValues, keep_no_larger_buffer_alive) {
  Store store;
  auto buffer = std::make_shared<const std::string>(std::string(1 << 20, 'x'));
  const std::weak_ptr<const std::string> watched = buffer;
  Entry item = entry("a", "");
  item.value = Bytes(buffer, std::string_view(*buffer).substr(0, 3));
  buffer.reset();
  store.put(item);
  item.value = Bytes();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(store.text("a"), "xxx");
}

TEST(MemoryValues, age_from_fresh_to_stale_to_gone) {
  Store store;
  store.put(entry("a", "value", {.fresh = 100ms, .stale = 50ms}));
  store.clock.advance(99ms);
  EXPECT_TRUE(store.get("a")->is_fresh());
  store.clock.advance(1ms);
  EXPECT_FALSE(store.get("a")->is_fresh());
  EXPECT_EQ(store.get("a")->life_left, 50ms);
  store.clock.advance(50ms);
  EXPECT_FALSE(store.get("a"));
  EXPECT_EQ(store.stats().expirations, 1U);
}

TEST(MemoryValues, put_without_life_leaves_no_entry) {
  Store store;
  store.put(entry("a", "old"));
  EXPECT_FALSE(store.put(entry("a", "new", {}), IfAbsent{})->stored);
  EXPECT_EQ(store.text("a"), "old");
  EXPECT_TRUE(store.put(entry("a", "new", {.fresh = -5ms, .stale = -1ms}))->stored);
  EXPECT_FALSE(store.get("a"));
}

TEST(MemoryValues, put_over_a_live_entry_needs_its_condition) {
  Store store;
  const Version first = store.put(entry("a", "one"), IfAbsent{})->version;
  EXPECT_FALSE(store.put(entry("a", "two"), IfAbsent{})->stored);
  const Version second = store.put(entry("a", "two"), IfVersion{first})->version;
  EXPECT_NE(first, second);
  EXPECT_FALSE(store.put(entry("a", "three"), IfVersion{first})->stored);
  EXPECT_EQ(store.text("a"), "two");
  EXPECT_EQ(store.get("a")->version, second);
}

TEST(MemoryValues, an_expired_entry_counts_as_absent_in_conditions) {
  Store store;
  const Version first = store.put(entry("a", "one", {.fresh = 1ms}))->version;
  store.clock.advance(1ms);
  EXPECT_FALSE(store.put(entry("a", "two"), IfVersion{first})->stored);
  EXPECT_TRUE(store.put(entry("a", "two"), IfAbsent{})->stored);
}

TEST(MemoryValues, refuse_what_breaks_the_documented_bounds) {
  Store store;
  const std::size_t most = store.backend->capabilities().value_bytes_max;
  EXPECT_TRUE(store.put(entry("a", std::string(most, 'x')))->stored);
  EXPECT_EQ(store.put(entry("a", std::string(most + 1, 'x'))).error().code(), Errc::too_large);
  EXPECT_EQ(store.get("a")->entry->value().size(), most);
  EXPECT_EQ(store.put(entry("b", "", {.fresh = Life::kTotalMax, .stale = 1ms})).error().code(),
            Errc::invalid_argument);
  EXPECT_TRUE(store.put(entry("b", "", {.fresh = Life::kTotalMax}))->stored);
  Entry tagged = entry("c", "");
  tagged.epochs.assign(Entry::kTagsMax + 1, TagEpoch{.tag = key("t")});
  EXPECT_EQ(store.put(tagged).error().code(), Errc::invalid_argument);
}

TEST(MemoryValues, erase_says_whether_there_was_an_entry) {
  Store store;
  store.put(entry("a", "one"));
  EXPECT_TRUE(store.erase("a"));
  EXPECT_FALSE(store.erase("a"));
  EXPECT_FALSE(store.get("a"));
}

TEST(MemoryValues, touch_sets_the_fresh_life_and_keeps_the_version) {
  Store store;
  const Version version = store.put(entry("a", "one", {.fresh = 10ms, .stale = 5ms}))->version;
  EXPECT_TRUE(*store.touch("a", 100ms));
  EXPECT_EQ(store.get("a")->life_left, 105ms);
  EXPECT_EQ(store.get("a")->version, version);
  EXPECT_FALSE(*store.touch("b", 100ms));
  EXPECT_EQ(store.touch("a", Life::kTotalMax).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store.get("a")->life_left, 105ms);
}

TEST(MemoryValues, touch_with_nothing_expires_and_never_lengthens_life) {
  Store store;
  store.put(entry("a", "one", {.fresh = 10ms, .stale = 50ms}));
  EXPECT_TRUE(*store.touch("a", 0ms));
  EXPECT_FALSE(store.get("a")->is_fresh());
  EXPECT_EQ(store.get("a")->life_left, 50ms);
  store.clock.advance(20ms);
  EXPECT_TRUE(*store.touch("a", -1h));
  EXPECT_EQ(store.get("a")->life_left, 30ms);
  store.put(entry("b", "no stale time"));
  EXPECT_TRUE(*store.touch("b", 0ms));
  EXPECT_FALSE(store.get("b"));
}

TEST(MemoryValues, batches_keep_order_and_allow_duplicates) {
  Store store;
  const std::vector<PutItem> items = {{.entry = entry("a", "one")},
                                      {.entry = entry("a", "two"), .condition = IfAbsent{}},
                                      {.entry = entry("b", "three")}};
  const auto puts = run(store.backend->put(items, kNoDeadline));
  EXPECT_TRUE(puts[0]->stored);
  EXPECT_FALSE(puts[1]->stored);
  EXPECT_TRUE(puts[2]->stored);
  const std::vector<Key> keys = {key("b"), key("c"), key("a"), key("b")};
  const auto gets = run(store.backend->get(keys, kNoDeadline));
  ASSERT_EQ(gets.size(), 4U);
  EXPECT_EQ((*gets[0])->entry->value(), "three");
  EXPECT_FALSE(*gets[1]);
  EXPECT_EQ((*gets[2])->entry->value(), "one");
  EXPECT_EQ((*gets[3])->version, (*gets[0])->version);
}

}  // namespace
}  // namespace larder::memory

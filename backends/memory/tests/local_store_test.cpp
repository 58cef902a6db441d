// The store as a near tier's LocalStore.
#include <string>

#include "store.hpp"

namespace larder::memory {
namespace {

// As another store answers.
Found remote(std::string_view id, std::string value, Life life, milliseconds left,
             Version version = Version{0xffff'0000'ffff'0001}) {
  return Found{.entry = PackedEntry::pack(entry(id, std::move(value), life)),
               .life_left = left,
               .version = version};
}

TEST(LocalStore, answers_a_copy_as_the_other_store_would) {
  Store store;
  Entry item = entry("a", "value", {.fresh = 60s, .stale = 30s});
  item.epochs = {TagEpoch{.tag = key("tag"), .epoch = Epoch{42}}};
  const Found given{
      .entry = PackedEntry::pack(item), .life_left = 70s, .version = Version{~std::uint64_t{0}}};
  store.backend->insert(given, store.clock.in(50s));
  store.clock.advance(45s);
  const auto found = store.backend->find(key("a"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entry->entry(), item);
  EXPECT_EQ(found->version, given.version);
  EXPECT_EQ(found->life_left, 25s);
  EXPECT_EQ(found->fresh_left(), -5s);
}

TEST(LocalStore, finds_a_copy_until_its_bound_and_no_longer_than_its_life) {
  Store store;
  store.backend->insert(remote("bound", "x", {.fresh = 60s}, 60s), store.clock.in(5s));
  store.backend->insert(remote("life", "x", {.fresh = 60s}, 5s), store.clock.in(60s));
  store.clock.advance(4999ms);
  EXPECT_TRUE(store.backend->find(key("bound")));
  EXPECT_TRUE(store.backend->find(key("life")));
  store.clock.advance(1ms);
  EXPECT_FALSE(store.backend->find(key("bound")));
  EXPECT_FALSE(store.backend->find(key("life")));
}

TEST(LocalStore, a_copy_without_life_leaves_none_under_its_key) {
  Store store;
  store.backend->insert(remote("a", "old", {.fresh = 60s}, 60s), store.clock.in(60s));
  store.backend->insert(remote("a", "new", {.fresh = 60s}, 60s), store.clock.in(0ms));
  EXPECT_FALSE(store.backend->find(key("a")));
}

TEST(LocalStore, a_copy_too_large_leaves_none_under_its_key) {
  Store store(std::size_t{2} << 20);
  store.backend->insert(remote("a", "old", {.fresh = 60s}, 60s), store.clock.in(60s));
  const std::size_t most = store.backend->capabilities().value_bytes_max;
  store.backend->insert(remote("a", std::string(most + 1, 'x'), {.fresh = 60s}, 60s),
                        store.clock.in(60s));
  EXPECT_FALSE(store.backend->find(key("a")));
}

TEST(LocalStore, a_later_copy_replaces_an_earlier_one) {
  Store store;
  store.backend->insert(remote("a", "one", {.fresh = 60s}, 60s, Version{1}), store.clock.in(60s));
  store.backend->insert(remote("a", "two", {.fresh = 60s}, 60s, Version{2}), store.clock.in(60s));
  EXPECT_EQ(store.backend->find(key("a"))->entry->value(), "two");
  EXPECT_EQ(store.backend->find(key("a"))->version, Version{2});
  EXPECT_EQ(store.stats().entries, 1U);
}

TEST(LocalStore, drop_forgets_one_copy) {
  Store store;
  store.backend->insert(remote("a", "x", {.fresh = 60s}, 60s), store.clock.in(60s));
  store.backend->insert(remote("b", "x", {.fresh = 60s}, 60s), store.clock.in(60s));
  store.backend->drop(key("a"));
  EXPECT_FALSE(store.backend->find(key("a")));
  EXPECT_TRUE(store.backend->find(key("b")));
}

TEST(LocalStore, drop_all_forgets_all_at_once_and_keeps_what_comes_after) {
  Store store;
  for (int i = 0; i < 1000; ++i) {
    store.backend->insert(remote(std::to_string(i), "x", {.fresh = 1h}, 1h), store.clock.in(1h));
  }
  store.backend->drop_all();
  store.backend->insert(remote("7", "after", {.fresh = 1h}, 1h), store.clock.in(1h));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(store.backend->find(key(std::to_string(i))).has_value(), i == 7);
  }
  EXPECT_EQ(store.stats().entries, 1U);
}

}  // namespace
}  // namespace larder::memory

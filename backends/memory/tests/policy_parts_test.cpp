#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "policy/evicted_keys.hpp"
#include "policy/sample_buffer.hpp"
#include "policy/shadow_cache.hpp"
#include "policy/shadows.hpp"
#include "policy/size_level.hpp"
#include "policy/sketch.hpp"
#include "policy_entries.hpp"

namespace larder::memory {
namespace {

TEST(SizeLevel, rises_with_the_weight_and_knows_it_by_half_octaves) {
  std::uint8_t before = 0;
  for (std::uint64_t weight = 0; weight < 100'000; ++weight) {
    const std::uint8_t level = size_level(weight);
    EXPECT_GE(level, before);
    EXPECT_LE(level_weight(level), std::max<std::uint64_t>(weight, 1));
    before = level;
  }
  EXPECT_EQ(size_level(UINT64_MAX), kSizeLevels - 1);
}

TEST(HashAndWeight, keeps_the_hash_but_ten_bits_and_the_weight_but_a_sixteenth) {
  for (std::uint64_t weight = 0; weight < std::uint64_t{1} << 40U; weight += 1 + weight / 7) {
    const HashAndWeight both(hash_of(weight), weight);
    EXPECT_EQ(both.hash(), hash_of(weight) & ~std::uint64_t{1023});
    EXPECT_LE(both.weight(), weight);
    EXPECT_GE(both.weight() + both.weight() / 16 + 1, weight);
  }
}

TEST(EvictedKeys, remembers_a_key_once) {
  EvictedKeys keys;
  keys.add(hash_of(1));
  EXPECT_FALSE(keys.take(hash_of(2), 10));
  EXPECT_TRUE(keys.take(hash_of(1), 10));
  EXPECT_FALSE(keys.take(hash_of(1), 10));
}

TEST(EvictedKeys, forgets_what_is_not_recent) {
  EvictedKeys keys;
  keys.reserve(1000);
  keys.add(hash_of(0));
  for (std::uint64_t key = 1; key <= 20; ++key) {
    keys.add(hash_of(key));
  }
  EXPECT_FALSE(keys.take(hash_of(0), 10));
}

TEST(EvictedKeys, remembers_nearly_all_for_which_room_was_reserved) {
  EvictedKeys keys;
  keys.reserve(10'000);
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    keys.add(hash_of(key));
  }
  int remembered = 0;
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    remembered += keys.take(hash_of(key), 10'000) ? 1 : 0;
  }
  EXPECT_GT(remembered, 9'000);
}

TEST(EvictedKeys, keeps_what_it_knows_when_it_grows) {
  EvictedKeys keys;
  keys.reserve(64);
  for (std::uint64_t key = 0; key < 16; ++key) {
    keys.add(hash_of(key));
  }
  keys.reserve(100'000);
  for (std::uint64_t key = 0; key < 16; ++key) {
    EXPECT_TRUE(keys.take(hash_of(key), 64)) << key;
  }
  EXPECT_LE(keys.bytes(), 2 * 100'000 * 4U);
}

TEST(Sketch, counts_up_to_its_limit) {
  Sketch sketch;
  sketch.reserve(1000);
  sketch.add(hash_of(1), 3);
  sketch.add(hash_of(2), 100);
  EXPECT_EQ(sketch.count(hash_of(1)), 3U);
  EXPECT_EQ(sketch.count(hash_of(2)), Sketch::kCountMax);
  EXPECT_EQ(sketch.count(hash_of(3)), 0U);
}

TEST(Sketch, keeps_counts_when_it_grows) {
  Sketch sketch;
  sketch.add(hash_of(1), 5);
  sketch.reserve(10'000);
  EXPECT_EQ(sketch.count(hash_of(1)), 5U);
}

TEST(Sketch, forgets_what_is_asked_for_no_more) {
  Sketch sketch;
  sketch.reserve(256);
  sketch.add(hash_of(0), 15);
  for (std::uint64_t turn = 0; turn < 20'000; ++turn) {
    sketch.add(hash_of(1 + turn % 200), 1);
  }
  EXPECT_LT(sketch.count(hash_of(0)), 15U);
  EXPECT_GT(sketch.count(hash_of(1)), 3U);
}

TEST(SampleBuffer, hands_over_what_was_pushed_in_order) {
  SampleBuffer buffer;
  buffer.push(HashAndWeight(1 << 20, 100));
  buffer.push(HashAndWeight(2 << 20, 200));
  std::vector<std::uint64_t> hashes;
  buffer.drain([&](HashAndWeight read) { hashes.push_back(read.hash()); });
  EXPECT_EQ(hashes, (std::vector<std::uint64_t>{1 << 20, 2 << 20}));
  buffer.drain([&](HashAndWeight read) { hashes.push_back(read.hash()); });
  EXPECT_EQ(hashes.size(), 2U);
}

TEST(SampleBuffer, keeps_the_latest_where_more_came_than_fit) {
  SampleBuffer buffer;
  for (std::uint64_t key = 1; key <= 1000; ++key) {
    buffer.push(HashAndWeight(key << 20U, 1));
  }
  std::vector<std::uint64_t> hashes;
  buffer.drain([&](HashAndWeight read) { hashes.push_back(read.hash() >> 20U); });
  ASSERT_EQ(hashes.size(), 64U);
  EXPECT_EQ(hashes.front(), 937U);
  EXPECT_EQ(hashes.back(), 1000U);
}

TEST(ShadowCache, hits_what_it_has_and_misses_what_it_forgot) {
  ShadowCache cache(100, 100 * 64, 1, Rule{Order::age, 10});
  const HashAndWeight key(hash_of(1), 64);
  EXPECT_FALSE(cache.access(key));
  EXPECT_TRUE(cache.access(key));
  cache.erase(key.hash());
  EXPECT_FALSE(cache.access(key));
}

TEST(ShadowCache, never_holds_more_than_its_cells_and_its_bytes) {
  // The weights are so small that the cells are the bound, or so large that the bytes are.
  for (const std::uint64_t weight : {1U, 5'000U}) {
    ShadowCache cache(100, 100 * 64, 1, Rule{Order::size, 10});
    for (std::uint64_t key = 0; key < 1'000; ++key) {
      EXPECT_FALSE(cache.access(HashAndWeight(hash_of(key), weight)));
    }
    EXPECT_TRUE(cache.access(HashAndWeight(hash_of(999), weight)));
  }
}

TEST(Shadows, stay_away_from_a_store_of_a_few_entries) {
  Shadows shadows(1);
  shadows.fit(20, std::size_t{2} << 20U);
  EXPECT_EQ(shadows.bytes(), 0U);
  EXPECT_EQ(shadows.best(), Shadows::kCandidates.front().rule);
}

TEST(Shadows, sample_so_that_the_shadows_stay_small) {
  for (const std::size_t entries : {200UL, 5'000UL, 1'000'000UL, 100'000'000UL}) {
    Shadows shadows(1);
    shadows.fit(entries, entries * 1000);
    EXPECT_GT(shadows.bytes(), 0U);
    EXPECT_EQ(shadows.mask() & (shadows.mask() + 1), 0U);
    const double sampled = static_cast<double>(entries) / static_cast<double>(shadows.mask() + 1);
    EXPECT_LT(sampled, 4'000.0);
  }
}

}  // namespace
}  // namespace larder::memory

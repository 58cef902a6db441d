#include "policy/policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "policy_entries.hpp"

namespace larder::memory {
namespace {

constexpr std::size_t kWeight = 1000;

TEST(Policy, has_no_victim_when_it_holds_nothing) {
  PolicyStore store(10 * kWeight);
  EXPECT_EQ(store.policy.victim().node, nullptr);
  EXPECT_EQ(store.policy.weight(), 0U);
}

TEST(Policy, gives_each_entry_up_once_and_counts_what_is_left) {
  PolicyStore store(100 * kWeight);
  for (std::uint64_t key = 0; key < 100; ++key) {
    store.access(key, 10 * (key + 1));
  }
  std::set<std::uint64_t> gone;
  while (PolicyNode* node = store.policy.victim().node) {
    gone.insert(PolicyStore::of(*node).key);
  }
  EXPECT_EQ(gone.size(), 100U);
  EXPECT_EQ(store.policy.size(), 0U);
  EXPECT_EQ(store.policy.weight(), 0U);
}

TEST(Policy, serves_a_store_of_one_entry_and_of_a_handful) {
  for (std::uint64_t fits = 1; fits <= 12; ++fits) {
    PolicyStore store(fits * kWeight);
    for (std::uint64_t key = 0; key < 100; ++key) {
      EXPECT_FALSE(store.access(key));
      EXPECT_TRUE(store.access(key)) << "with room for " << fits;
    }
    EXPECT_EQ(store.policy.size(), fits);
  }
}

TEST(Policy, lets_a_scan_pass_without_giving_up_what_is_read) {
  PolicyStore store(200 * kWeight);
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t key = 0; key < 100; ++key) {
      store.access(key);
    }
  }
  for (std::uint64_t key = 1'000; key < 3'000; ++key) {
    store.access(key);
  }
  int kept = 0;
  for (std::uint64_t key = 0; key < 100; ++key) {
    kept += store.has(key) ? 1 : 0;
  }
  EXPECT_GT(kept, 90);
}

TEST(Policy, keeps_a_key_that_comes_back_soon_longer_than_new_ones) {
  PolicyStore store(50 * kWeight);
  std::uint64_t other = 1'000;
  while (other < 1'200) {
    store.access(other++);
  }
  store.access(1);
  while (store.has(1)) {
    store.access(other++);
  }
  store.access(1);
  // A new key would have left the small queue by then.
  for (int added = 0; added < 40; ++added) {
    store.access(other++);
  }
  EXPECT_TRUE(store.has(1));
}

TEST(Policy, finds_a_victim_though_everything_is_read) {
  PolicyStore store(500 * kWeight);
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t key = 0; key < 500; ++key) {
      store.access(key);
    }
  }
  EXPECT_NE(store.policy.victim().node, nullptr);
}

TEST(Policy, gives_an_overwritten_entry_the_standing_of_the_old_one) {
  PolicyStore store(100 * kWeight);
  for (std::uint64_t key = 0; key < 100; ++key) {
    store.access(key);
  }
  for (int read = 0; read < 3; ++read) {
    store.access(5);
  }
  PolicyEntry fresh;
  fresh.key = 5;
  fresh.weight = 2 * kWeight;
  store.policy.replaced(store.entries[5].node, fresh.node, fresh.weight);
  EXPECT_EQ(store.policy.size(), 100U);
  EXPECT_EQ(store.policy.weight(), 101 * kWeight);
  for (int evicted = 0; evicted < 90; ++evicted) {
    EXPECT_NE(store.policy.victim().node, &fresh.node);
  }
  store.policy.remove(fresh.node, fresh.weight);
  EXPECT_EQ(store.policy.size(), 9U);
}

TEST(Policy, agrees_with_a_plain_set_about_what_it_holds) {
  PolicyStore store(300 * kWeight);
  std::mt19937_64 random(1);
  for (int step = 0; step < 50'000; ++step) {
    const std::uint64_t key = random() % 1'000;
    if (random() % 10 == 0 && store.has(key)) {
      store.erase(key);
    } else {
      store.access(key, 1 + random() % 5'000);
    }
    std::size_t weight = 0;
    if (step % 1'000 == 0) {
      for (const auto& [held, entry] : store.entries) {
        weight += entry.weight;
      }
      ASSERT_EQ(store.policy.weight(), weight);
      ASSERT_EQ(store.policy.size(), store.entries.size());
    }
  }
}

// The share of the last half of the accesses that missed.
template <typename Next>
double misses(PolicyStore& store, int accesses, Next next) {
  int missed = 0;
  for (int at = 0; at < accesses; ++at) {
    const auto [key, weight] = next(at);
    missed += !store.access(key, weight) && at >= accesses / 2 ? 1 : 0;
  }
  return missed / (accesses / 2.0);
}

struct Asked {
  std::uint64_t key;
  std::size_t weight;
};

TEST(Policy, keeps_a_part_of_a_loop_that_is_too_long) {
  // LRU and FIFO miss every time; the best there is misses one time in three.
  PolicyStore store(1'000 * kWeight);
  const double missed = misses(store, 100'000, [](int at) {
    return Asked{static_cast<std::uint64_t>(at % 1'500), kWeight};
  });
  EXPECT_LT(missed, 0.6);
}

TEST(Policy, prefers_many_small_entries_to_few_large_ones) {
  // All keys are asked for equally often; one in ten is a hundred times as heavy. All the light
  // ones fit together, so at best one access in ten misses.
  PolicyStore store(2'000 * kWeight);
  std::mt19937_64 random(2);
  const double missed = misses(store, 200'000, [&](int) {
    const std::uint64_t key = random() % 2'000;
    return Asked{key, key % 10 == 0 ? 100 * kWeight : kWeight};
  });
  EXPECT_LT(missed, 0.15);
}

TEST(Policy, follows_interest_that_moves_on) {
  // Each key is asked for ten times, soon after it appears, and never again.
  PolicyStore store(1'000 * kWeight);
  std::mt19937_64 random(3);
  const double missed = misses(store, 200'000, [&](int at) {
    return Asked{static_cast<std::uint64_t>(at) / 10 + random() % 100, kWeight};
  });
  EXPECT_LT(missed, 0.12);
}

TEST(Policy, takes_little_beside_the_nodes) {
  for (const std::size_t entries : {100UL, 2'000UL, 60'000UL}) {
    PolicyStore store(entries * kWeight);
    for (std::uint64_t key = 0; key < 2 * entries; ++key) {
      store.access(key);
    }
    const std::size_t shadows =
        std::clamp(entries * kWeight / 16, Policy::kShadowBytesMin, Policy::kShadowBytesMax);
    EXPECT_LE(store.policy.bytes(), shadows + 18 * entries + 8'192) << entries;
  }
}

TEST(Policy, makes_room_when_its_share_shrinks) {
  PolicyStore store(1'000 * kWeight);
  for (std::uint64_t key = 0; key < 1'000; ++key) {
    store.access(key);
  }
  store.policy.set_bytes_max(100 * kWeight);
  while (store.policy.weight() > 100 * kWeight) {
    ASSERT_TRUE(store.evict());
  }
  EXPECT_EQ(store.entries.size(), 100U);
}

TEST(Policy, is_told_of_reads_by_any_thread_while_it_evicts) {
  PolicyStore store(500 * kWeight);
  std::vector<PolicyEntry> pinned(100);  // as if readers held them: they stay where they are
  for (std::uint64_t key = 0; key < pinned.size(); ++key) {
    pinned[key].key = key;
    pinned[key].weight = kWeight;
    store.policy.add(pinned[key].node, hash_of(key), kWeight);
  }
  std::atomic<bool> stop = false;
  const auto read = [&] {
    for (std::uint64_t turn = 0; !stop; ++turn) {
      PolicyEntry& entry = pinned[turn % pinned.size()];
      Policy::hit(entry.node);
      store.policy.note_read(hash_of(entry.key), [&entry] { return entry.weight; });
    }
  };
  {
    const std::jthread first(read);
    const std::jthread second(read);
    std::uint64_t key = 1'000;
    for (int step = 0; step < 20'000; ++step) {
      PolicyNode* node = store.policy.victim().node;
      const std::uint64_t victim = node == nullptr ? UINT64_MAX : PolicyStore::of(*node).key;
      if (victim < pinned.size()) {
        store.policy.add(pinned[victim].node, hash_of(victim), kWeight);
      } else {
        store.entries.erase(victim);
      }
      store.access(key++);
    }
    stop = true;
  }
  EXPECT_LE(store.policy.weight(), 500 * kWeight);
}

}  // namespace
}  // namespace larder::memory

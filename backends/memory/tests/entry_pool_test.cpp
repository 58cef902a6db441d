#include "pool/entry_pool.hpp"

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <larder/packed_entry.hpp>

namespace larder::memory {
namespace {

constexpr std::size_t kStore = std::size_t{64} << 20;

EntryRef pack(BlockPool& pool, std::size_t value_bytes) {
  const Entry entry{.key = Key::literal("test", "a"),
                    .value = Bytes(std::string(value_bytes, 'v')),
                    .life = {.fresh = milliseconds(1000)}};
  return PackedEntry::pack(entry, 0, &pool);
}

TEST(EntryPool, a_block_knows_its_pool) {
  const auto pool = EntryPool::make(kStore);
  const auto other = EntryPool::make(kStore);
  void* block = pool->allocate(100);
  void* of_other = other->allocate(100);
  EXPECT_EQ(&BlockPool::of(block), pool.get());
  EXPECT_EQ(&BlockPool::of(of_other), other.get());
  pool->free(block);
  other->free(of_other);
}

TEST(EntryPool, leaves_what_is_too_large_for_it_to_the_heap) {
  const auto pool = EntryPool::make(kStore);
  EXPECT_EQ(pool->allocate(EntryPool::kBytesMax + 1), nullptr);
  const EntryRef large = pack(*pool, EntryPool::kBytesMax);
  EXPECT_EQ(large->value(), std::string(EntryPool::kBytesMax, 'v'));
  void* most = pool->allocate(EntryPool::kBytesMax);
  EXPECT_NE(most, nullptr);
  pool->free(most);
}

TEST(EntryPool, entries_outlive_their_store) {
  std::vector<EntryRef> kept;
  {
    const auto pool = EntryPool::make(kStore);
    for (std::size_t i = 0; i < 10'000; ++i) {
      EntryRef entry = pack(*pool, i % 3000);
      if (i % 100 == 0) {
        kept.push_back(std::move(entry));
      }
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i]->value().size(), i * 100 % 3000);
  }
}

TEST(EntryPool, takes_blocks_back_from_other_threads_than_it_gave_them_to) {
  const auto pool = EntryPool::make(kStore);
  std::array<std::vector<EntryRef>, 2> made;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::jthread> threads;
    for (std::vector<EntryRef>& entries : made) {
      threads.emplace_back([&pool, &entries] {
        // Those that the other thread made.
        entries.clear();
        for (std::size_t i = 0; i < 100; ++i) {
          entries.push_back(pack(*pool, i * 37 % 900));
        }
      });
    }
    threads.clear();
    std::swap(made[0], made[1]);
  }
  EXPECT_EQ(made[0].back()->value(), std::string(99 * 37 % 900, 'v'));
}

TEST(EntryPool, threads_take_and_give_back_at_once) {
  const auto pool = EntryPool::make(kStore);
  std::vector<std::jthread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&pool, thread] {
      std::vector<EntryRef> kept;
      for (std::size_t i = 0; i < 5000; ++i) {
        kept.push_back(pack(*pool, (i * 131 + thread * 17) % 5000));
        if (kept.size() > 50) {
          kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i % 50));
        }
        if (i % 1000 == 0) {
          pool->trim();
        }
      }
      for (const EntryRef& entry : kept) {
        EXPECT_EQ(entry->value().find_first_not_of('v'), std::string_view::npos);
      }
    });
  }
}

TEST(EntryPool, memory_given_back_to_the_system_can_be_used_again) {
  const auto pool = EntryPool::make(kStore);
  for (int round = 0; round < 3; ++round) {
    std::vector<EntryRef> entries;
    for (int i = 0; i < 100; ++i) {
      entries.push_back(pack(*pool, 100'000));
    }
    entries.erase(entries.begin(), entries.begin() + 99);
    pool->trim();
    EXPECT_EQ(entries.front()->value(), std::string(100'000, 'v'));
  }
}

}  // namespace
}  // namespace larder::memory

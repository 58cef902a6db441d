// Hits, which take no lock but a bucket's, against everything that moves entries under them.
// For ThreadSanitizer, with what must hold afterwards.
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bounds.hpp"
#include "spin_lock.hpp"
#include "store.hpp"
#include "thread_counts.hpp"

namespace larder::memory {
namespace {

constexpr int kReaders = 2;

// Readers ask for keys "0" to "999" until `write` returns. Each value begins with its key,
// so that a mix-up would be seen.
template <typename Write>
void read_while(Store& store, Write&& write) {
  std::atomic<bool> done{false};
  std::vector<std::jthread> readers;
  for (unsigned reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      std::minstd_rand random(reader + 1);
      while (!done.load()) {
        const std::string id = std::to_string(random() % 1000);
        if (const auto found = store.backend->find(key(id))) {
          EXPECT_TRUE(found->entry->value().starts_with(id + ","));
          EXPECT_GT(found->life_left, 0ms);
        }
      }
    });
  }
  write();
  done = true;
}

std::string value(const std::string& id, std::size_t more = 0) {
  return id + "," + std::string(more, 'v');
}

TEST(MemoryHits, are_whole_while_values_are_overwritten_and_erased) {
  Store store;
  read_while(store, [&] {
    std::minstd_rand random(7);
    for (int i = 0; i < 4000; ++i) {
      const std::string id = std::to_string(random() % 1000);
      if (random() % 4 == 0) {
        static_cast<void>(store.erase(id));
      } else {
        EXPECT_TRUE(store.put(entry(id, value(id, random() % 300)))->stored);
      }
    }
  });
}

TEST(MemoryHits, never_miss_an_entry_while_the_index_grows_under_them) {
  Store store;
  constexpr int kStay = 1000;
  for (int i = 0; i < kStay; ++i) {
    store.put(entry(std::to_string(i), value(std::to_string(i))));
  }
  const std::uint64_t misses = store.stats().misses;
  read_while(store, [&] {
    for (int i = 0; i < 6000; ++i) {
      store.put(entry("more" + std::to_string(i), "x"));
    }
  });
  EXPECT_EQ(store.stats().misses, misses);
  EXPECT_EQ(store.stats().entries, kStay + 6000U);
}

TEST(MemoryHits, are_whole_while_entries_are_evicted) {
  Store store(std::size_t{2} << 20);
  read_while(store, [&] {
    for (int i = 0; i < 4000; ++i) {
      const std::string id = std::to_string(i * 7 % 1000);
      EXPECT_TRUE(store.put(entry(id, value(id, 4000)))->stored);
    }
  });
  EXPECT_GT(store.stats().evictions, 0U);
  EXPECT_LE(*store.stats().bytes, std::size_t{2} << 20);
}

TEST(MemoryHits, are_never_of_what_has_ended) {
  Store store;
  read_while(store, [&] {
    for (int i = 0; i < 4000; ++i) {
      const std::string id = std::to_string(i % 1000);
      store.put(entry(id, value(id), {.fresh = milliseconds(1 + i % 5)}));
      if (i % 16 == 0) {
        store.clock.advance(1ms);
      }
    }
  });
  store.clock.advance(1h);
  EXPECT_EQ(store.stats().entries, 0U);
}

// Two threads write more than fits, so that each evicts what the other is about to erase.
TEST(MemoryHits, leave_the_account_exact_after_evictors_and_erasers_met) {
  Store store(std::size_t{2} << 20);
  const std::size_t empty = *store.stats().bytes;
  std::vector<std::jthread> writers;
  for (unsigned writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&store, writer] {
      std::minstd_rand random(writer + 1);
      for (int i = 0; i < 3000; ++i) {
        const std::string id = std::to_string(random() % 1000);
        if (random() % 3 == 0) {
          static_cast<void>(store.erase(id));
        } else {
          EXPECT_TRUE(
              store.put(entry(id, value(id, 4000), {.fresh = milliseconds(1 + random() % 9)}))
                  ->stored);
        }
        if (random() % 64 == 0) {
          store.clock.advance(1ms);
        }
      }
    });
  }
  writers.clear();
  store.clock.advance(1h);
  const BackendStats stats = store.stats();
  EXPECT_EQ(stats.entries, 0U);
  // What index and policy have grown to stays.
  EXPECT_LT(*stats.bytes, empty + (std::size_t{256} << 10));
}

TEST(MemoryHits, are_counted_exactly_by_many_threads) {
  Store store;
  store.put(entry("a", "x"));
  constexpr int kThreads = 80;  // more than have a line of their own
  constexpr int kEach = 200;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&store] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(store.backend->find(key("a")));
        EXPECT_FALSE(store.backend->find(key("b")));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(store.stats().hits, kThreads * kEach + 0U);
  EXPECT_EQ(store.stats().misses, kThreads * kEach + 0U);
}

TEST(SpinLock, lets_one_in_at_a_time_however_long_it_stays) {
  SpinLock lock;
  int count = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        lock.lock();
        ++count;
        if (i % 100 == 0) {
          std::this_thread::yield();
        }
        lock.unlock();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(count, 4000);
  EXPECT_FALSE(!lock.try_lock());
}

}  // namespace
}  // namespace larder::memory

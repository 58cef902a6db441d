// The byte bound holds whatever is put in.
#include <random>
#include <string>

#include "bounds.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryBound, holds_for_any_mix_of_sizes_and_groups) {
  const std::uint32_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  Store store(kBytes);
  const std::size_t value_max = store.backend->capabilities().value_bytes_max;
  for (int step = 0; step < 6000; ++step) {
    const std::string id = std::to_string(random() % 4000);
    const std::size_t size = std::size_t{1} << (random() % 12);
    switch (random() % 8) {
      case 0:
        static_cast<void>(store.add(id, 1));
        break;
      case 1:
        static_cast<void>(store.take(id, {.burst = 5, .period = 1h}));
        break;
      case 2:
        store.epoch(id);
        break;
      case 3:
        static_cast<void>(store.append(id, std::string(size, 'e')));
        break;
      case 4:
        static_cast<void>(store.lease(id));
        break;
      case 5:
        EXPECT_TRUE(
            store.put(entry(id, std::string(random() % 50 == 0 ? value_max : size, 'v')))->stored);
        break;
      default:
        EXPECT_TRUE(store.put(entry(id, std::string(size, 'v')))->stored);
        break;
    }
    ASSERT_LE(*store.stats().bytes, kBytes);
    store.clock.advance(1ms);
  }
  EXPECT_GT(store.stats().evictions, 0U);
}

TEST(MemoryBound, a_put_that_fits_is_kept_in_the_least_store) {
  Store store(Bounds::kBytesMin);
  for (int i = 0; store.add("c" + std::to_string(i), 1); ++i) {
  }
  for (int i = 0; i < 2000; ++i) {
    store.epoch(std::to_string(i));
    static_cast<void>(store.append(std::to_string(i), std::string(100, 'e')));
    store.put(entry(std::to_string(i), "small"));
  }
  Entry largest = entry(std::string(Key::kIdBytesMax, 'k'),
                        std::string(store.backend->capabilities().value_bytes_max, 'v'));
  for (std::size_t tag = 0; tag < Entry::kTagsMax; ++tag) {
    const std::string id(Key::kIdBytesMax, static_cast<char>('a' + tag));
    largest.epochs.push_back(TagEpoch{.tag = key(id), .epoch = Epoch{1}});
  }
  EXPECT_TRUE(store.put(largest)->stored);
  EXPECT_TRUE(store.get(largest.key.id()));
  EXPECT_LE(*store.stats().bytes, Bounds::kBytesMin);
}

TEST(MemoryBound, is_used_up_before_anything_is_evicted) {
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  Store store(kBytes);
  int puts = 0;
  while (store.stats().evictions == 0) {
    store.put(entry(std::to_string(puts++), std::string(1000, 'v')));
  }
  EXPECT_GT(*store.stats().bytes, Bounds::of(kBytes).store_bytes - 4000);
}

TEST(MemoryBound, expired_entries_give_their_memory_back_in_the_course_of_writes) {
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  Store store(kBytes);
  for (int i = 0; i < 800; ++i) {
    store.put(entry(std::to_string(i), std::string(1000, 'v'), {.fresh = 10ms}));
  }
  store.clock.advance(10ms);
  for (int i = 0; i < 110; ++i) {
    store.put(entry("new" + std::to_string(i), "x"));
  }
  const BackendStats stats = store.stats();
  EXPECT_EQ(stats.expirations, 800U);
  EXPECT_EQ(stats.evictions, 0U);
  EXPECT_EQ(stats.entries, 110U);
}

}  // namespace
}  // namespace larder::memory

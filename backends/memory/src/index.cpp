#include "index.hpp"

#include <algorithm>
#include <mutex>
#include <new>

namespace larder::memory {
Index::Index(KeyHash hash, std::size_t buckets_max)
    : hash_(hash), buckets_max_(std::max(buckets_max, kBucketsMin)), memory_(buckets_max_) {
  for (std::size_t place = 0; place < kBucketsMin; ++place) {
    ::new (&memory_[place]) Bucket;
  }
}

Index::~Index() {
  for (std::size_t place = 0; place < buckets(); ++place) {
    at(place).each([](Slot& slot) { slot.entry()->drop(); });
    at(place).free_blocks();
  }
}

void Index::grow(std::size_t entries) {
  for (int splits = 0; splits < kSplitsMax; ++splits) {
    const std::size_t buckets = this->buckets();
    if (entries <= buckets * kEntriesPerBucket || buckets == buckets_max_ || !growing_.try_lock()) {
      return;
    }
    const std::lock_guard held(growing_, std::adopt_lock);
    if (this->buckets() == buckets) {
      split();
    }
  }
}

void Index::split() {
  const std::size_t buckets = buckets_.load(std::memory_order_relaxed);
  Bucket& old = at(buckets - std::bit_floor(buckets));
  Bucket& fresh = *::new (&memory_[buckets]) Bucket;
  const std::lock_guard held(old.lock());
  const std::lock_guard held_fresh(fresh.lock());
  old.each([](const Slot& slot) { __builtin_prefetch(slot.entry()); });
  std::size_t blocks_made = 0;
  old.each([&](Slot& slot) {
    if (place_of(hash(*slot.entry()), buckets + 1) == buckets) {
      blocks_made += fresh.add(std::exchange(slot, Slot()));
    }
  });
  const std::size_t blocks_freed = old.compact();
  blocks_.fetch_add(blocks_made - blocks_freed, std::memory_order_relaxed);
  fresh.set_due(old.due());
  // Before the old bucket is unlocked, so that whoever waits for it looks again.
  buckets_.store(buckets + 1, std::memory_order_release);
}

std::uint64_t Index::reversed(std::uint64_t bits) noexcept {
  constexpr std::uint64_t kEveryOther = 0x5555555555555555;
  constexpr std::uint64_t kPairs = 0x3333333333333333;
  constexpr std::uint64_t kNibbles = 0x0f0f0f0f0f0f0f0f;
  bits = ((bits >> 1U) & kEveryOther) | ((bits & kEveryOther) << 1U);
  bits = ((bits >> 2U) & kPairs) | ((bits & kPairs) << 2U);
  bits = ((bits >> 4U) & kNibbles) | ((bits & kNibbles) << 4U);
  return __builtin_bswap64(bits);
}

}  // namespace larder::memory

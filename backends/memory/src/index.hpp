// Index: finds entries by key. A hash table of 64-byte buckets that grows by splitting one
// bucket at a time (linear hashing), so that no call ever moves more than one bucket's
// entries. It never shrinks: its most is a small share of the store, see bounds.hpp.
//
// The lowest bits of a hash choose the bucket. A scan goes by the hash with its bits
// reversed: then each bucket is one interval, at every size of the table.
//
// Threads: any, under the lock of the bucket; growing is for one thread at a time, which
// grow() sees to. Source: Litwin, "Linear hashing", VLDB 1980.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "bucket.hpp"
#include "pages.hpp"
#include "siphash.hpp"

namespace larder::memory {

class Index {
 public:
  static constexpr std::size_t kBucketsMin = 64;

  // Address space for `buckets_max` is taken at once, memory as it grows.
  Index(KeyHash hash, std::size_t buckets_max);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // The bucket of a hash, locked. The caller unlocks it.
  [[nodiscard]] Bucket& lock(std::uint64_t hash) noexcept {
    std::size_t buckets = this->buckets();
    while (true) {
      const std::size_t place = place_of(hash, buckets);
      Bucket& bucket = at(place);
      bucket.lock().lock();
      // It may have been split meanwhile.
      const std::size_t now = buckets_.load(std::memory_order_relaxed);
      if (now == buckets || place_of(hash, now) == place) [[likely]] {
        return bucket;
      }
      bucket.lock().unlock();
      buckets = now;
    }
  }
  // Begins to bring the bucket of a hash into the processor's cache.
  void prefetch(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&memory_[place_of(hash, buckets())]);
  }

  [[nodiscard]] std::size_t buckets() const noexcept {
    return buckets_.load(std::memory_order_acquire);
  }
  // `place` is below buckets().
  [[nodiscard]] Bucket& at(std::size_t place) noexcept { return memory_[place]; }

  // Adds to the bucket, which is locked.
  void add(Bucket& bucket, std::uint64_t hash, const PackedEntry& entry) {
    blocks_.fetch_add(bucket.add(Slot(Slot::tag_of(hash), entry)), std::memory_order_relaxed);
  }
  void remove(Bucket& bucket, Slot& slot) noexcept {
    blocks_.fetch_sub(bucket.remove(slot), std::memory_order_relaxed);
  }
  void compact(Bucket& bucket) noexcept {
    blocks_.fetch_sub(bucket.compact(), std::memory_order_relaxed);
  }

  // Splits a bucket or two where the table is too small for so many entries.
  void grow(std::size_t entries);

  // Calls visit(entry) for the entries of one bucket from a reversed hash on.
  // Answers where the next bucket begins; nullopt after the last one.
  template <typename Visit>
  std::optional<std::uint64_t> visit(std::uint64_t from, Visit&& visit);

  [[nodiscard]] std::uint64_t hash(const PackedEntry& entry) const noexcept {
    return siphash<1, 3>(hash_.key, entry.key_text());
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (buckets() + blocks_.load(std::memory_order_relaxed)) * sizeof(Bucket);
  }

  [[nodiscard]] static std::uint64_t reversed(std::uint64_t bits) noexcept;

 private:
  // Of 7 slots. More entries in a bucket cost a second line, fewer cost memory.
  static constexpr std::size_t kEntriesPerBucket = 4;
  static constexpr int kSplitsMax = 2;

  // While the table grows from 2^n to 2^(n+1) buckets, those in front have been split.
  [[nodiscard]] static std::size_t place_of(std::uint64_t hash, std::size_t buckets) noexcept {
    // std::bit_floor would ask whether there are any.
    const std::size_t half = std::size_t{1}
                             << (63U - static_cast<unsigned>(__builtin_clzll(buckets)));
    const std::size_t place = hash & (2 * half - 1);
    return place < buckets ? place : place - half;
  }
  void split();

  const KeyHash hash_;
  const std::size_t buckets_max_;
  ZeroTable<Bucket> memory_;
  std::atomic<std::size_t> buckets_{kBucketsMin};
  std::atomic<std::size_t> blocks_{0};
  SpinLock growing_;
};

template <typename Visit>
std::optional<std::uint64_t> Index::visit(std::uint64_t from, Visit&& visit) {
  const std::uint64_t first_hash = reversed(from);
  Bucket& bucket = lock(first_hash);
  bucket.each([&](const Slot& slot) {
    if (reversed(hash(*slot.entry())) >= from) {
      visit(*slot.entry());
    }
  });
  // The bits that all hashes of this bucket share: those of its place.
  const std::size_t buckets = this->buckets();
  const std::size_t half = std::bit_floor(buckets);
  const std::size_t place = place_of(first_hash, buckets);
  const bool is_split = place >= half || place + half < buckets;
  bucket.lock().unlock();
  const auto bits = static_cast<unsigned>(std::countr_zero(half)) + (is_split ? 1U : 0U);
  const std::uint64_t next = ((from >> (64U - bits)) + 1) << (64U - bits);
  return next == 0 ? std::nullopt : std::optional(next);
}

}  // namespace larder::memory

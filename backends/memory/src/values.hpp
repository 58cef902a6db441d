// Values: all entries of the store, one account of its bytes, and what bounds them.
//
// Threads: any. A hit takes the lock of one bucket, a cache line, and nothing else. Writes of
// one key are put in order by the caller (its shard). Locks are taken in the order bucket,
// policy; what leaves is freed, and watches are told, after both are released.
//
// Time is the store's own count of 2.048 microseconds since it was made: see Stored.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <larder/verbs.hpp>

#include "bounds.hpp"
#include "gone.hpp"
#include "index.hpp"
#include "policy/policy.hpp"
#include "random.hpp"
#include "stored.hpp"
#include "thread_counts.hpp"
#include "watch_hub.hpp"

namespace larder::memory {

class Values final : private PolicyOwner {
 public:
  // Buckets that a lane looks through for what has ended, at one of kWritesPerSweep writes. Most
  // are passed by a glance at their one line, so that a store of n entries is seen through in
  // n / 32 writes.
  static constexpr std::size_t kSweptTogether = 32;
  static constexpr std::size_t kWritesPerSweep = 4;
  // Evicted in one critical section of the policy.
  static constexpr std::size_t kEvictedTogether = 16;

  Values(const Bounds& bounds, KeyHash hash, Random& random, Clock& clock, WatchHub& watches);

  // ---- reading ----

  // By the coarse clock, which is as exact: near a moment that matters the other one is asked.
  [[nodiscard]] std::optional<Found> get(const Key& key, std::uint64_t hash) noexcept;
  [[nodiscard]] std::optional<Found> get(const Key& key, std::uint64_t hash,
                                         SteadyTime now) noexcept;

  // ---- writing ----

  // What write() takes: packed with room for what the store keeps in front of it.
  [[nodiscard]] EntryRef pack(const Entry& entry) {
    return PackedEntry::pack(entry, kOwnPrefix, pool_.get());
  }
  [[nodiscard]] PutOutcome write(const Key& key, std::uint64_t hash, EntryRef entry,
                                 const Condition& condition, SteadyTime now);
  [[nodiscard]] bool erase(const Key& key, std::uint64_t hash, SteadyTime now);
  // invalid_argument where fresh and stale life together would be over Life::kTotalMax.
  [[nodiscard]] Result<bool> touch(const Key& key, std::uint64_t hash, milliseconds fresh,
                                   SteadyTime now);

  // A copy of another store's entry; see LocalStore.
  void insert_copy(const Key& key, std::uint64_t hash, const Found& found, SteadyTime until,
                   SteadyTime now);
  // All that was written until now is gone, at once; its memory comes back by sweeps.
  void drop_all() noexcept;

  // ---- the account ----

  // Takes `bytes` out of the bound for something else than values, evicting as needed.
  void claim(std::size_t bytes) { claim(bytes, kNoHash); }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Everything claimed and all entries, with the index and the policy.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return used_.load(std::memory_order_relaxed) + overhead();
  }

  // ---- care ----

  // Looks through the next few buckets for entries that have ended.
  void sweep_some(SteadyTime now);
  // Looks through all. Takes milliseconds where much has ended.
  void sweep_all(SteadyTime now);
  // Adds keys of the namespace (empty: all) from a place on until `keys` holds `count` or
  // `steps` buckets were visited, which it counts down. Answers where to go on; nullopt at
  // the end.
  [[nodiscard]] std::optional<std::uint64_t> scan(std::string_view name_space, std::uint64_t from,
                                                  std::size_t count, std::size_t& steps,
                                                  SteadyTime now, std::vector<Key>& keys);
  // hits, misses, evictions, expirations, entries.
  void count_in(BackendStats& stats);

 private:
  static constexpr std::uint64_t kNoHash = 0;

  // Of 2^11 nanoseconds each, so that no hit divides.
  static constexpr unsigned kUnitShift = 11;
  // What buckets are due by: 67 ms, so that 32 bits are nine years.
  static constexpr unsigned kTickShift = 15;

  [[nodiscard]] std::uint64_t units(SteadyTime time) const noexcept {
    const std::int64_t since = (time - base_).count();
    return since <= 0 ? 0 : static_cast<std::uint64_t>(since) >> kUnitShift;
  }
  [[nodiscard]] SteadyTime time(std::uint64_t units) const noexcept {
    return base_ + std::chrono::nanoseconds(static_cast<std::int64_t>(units << kUnitShift));
  }
  // The end of a life that starts now, and the tick in which it lies.
  [[nodiscard]] std::uint64_t end_after(SteadyTime now, milliseconds life) const noexcept;
  [[nodiscard]] static std::uint32_t tick(std::uint64_t units) noexcept;

  [[nodiscard]] std::uint64_t hash(const PolicyNode& node) const noexcept override {
    return index_.hash(Stored::of(node).entry());
  }
  [[nodiscard]] std::size_t weight(const PolicyNode& node) const noexcept override {
    return weight_of(Stored::of(node).entry());
  }

  // ---- of a locked bucket ----
  [[nodiscard]] static Slot* find(Bucket& bucket, const Key& key, std::uint64_t hash) noexcept;
  // As find(); what has ended is taken out.
  [[nodiscard]] Slot* find_live(Bucket& bucket, const Key& key, std::uint64_t hash, SteadyTime now,
                                Gone& gone) noexcept;
  [[nodiscard]] bool has_ended(const Stored& stored, SteadyTime now) const noexcept;
  [[nodiscard]] Found found(const PackedEntry& entry, SteadyTime now) const noexcept;
  // Whether the coarse clock is too coarse to answer it.
  [[nodiscard]] bool is_near_an_edge(const Found& found, SteadyTime coarse) const noexcept;
  void count_hit(const PackedEntry& entry, std::uint64_t hash) noexcept;
  void take_out(Bucket& bucket, Slot& slot, Gone& gone) noexcept;
  // Answers how many entries there are now.
  std::size_t put_in(Bucket& bucket, Slot* over, std::uint64_t hash, EntryRef entry, Gone& gone);
  static void end_by(Bucket& bucket, std::uint64_t ends) noexcept;

  Version next_version() noexcept {
    return Version{versions_.fetch_add(1, std::memory_order_relaxed) + 1};
  }

  // Makes room for `bytes` and takes it. The entry under `spared`, which is about to be
  // overwritten, is let stay once.
  void claim(std::size_t bytes, std::uint64_t spared);
  [[nodiscard]] bool try_claim(std::size_t bytes) noexcept;
  // Evicts entries of about so many bytes, kEvictedTogether at most; false where there are none.
  [[nodiscard]] bool evict(std::size_t bytes, std::uint64_t& spared);
  struct Evicted {
    const PackedEntry* entry;
    std::uint64_t hash;
  };
  void evict_one(Evicted evicted, std::uint64_t& spared);
  // Evicts what is over the bound because index or policy have grown.
  void shrink();
  // True where it may hold more that has ended.
  bool sweep(Bucket& bucket, SteadyTime now);

  void trim() noexcept;

  [[nodiscard]] std::size_t overhead() const noexcept {
    return index_.bytes() + policy_bytes_.load(std::memory_order_relaxed);
  }

  Clock& clock_;
  WatchHub& watches_;
  const SteadyTime base_;
  const std::size_t bytes_max_;
  const EntryPool::Owner pool_;
  Index index_;
  ThreadCounts counts_;
  // What was stored under these versions has been dropped by drop_all().
  std::atomic<std::uint64_t> dropped_;
  // Each of the following is written by many threads, and hits touch none of them.
  alignas(64) std::atomic<std::uint64_t> versions_;  // of the last write
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> swept_{0};        // buckets, in all turns
  std::atomic<std::size_t> swept_bytes_{0};  // since the last trim()
  std::atomic<std::uint64_t> evictions_{0};
  std::atomic<std::uint64_t> expirations_{0};
  alignas(64) SpinLock policy_lock_;
  Policy policy_;
  std::size_t policy_room_ = 0;  // what the policy was told last; under its lock
  std::atomic<std::size_t> policy_bytes_{0};
};

}  // namespace larder::memory

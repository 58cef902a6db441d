// Shard: what keys of one part of the store have beside values, with one lock. A key belongs
// to one shard in every verb group. Each operation but a plain read of a value is one critical
// section, which is what makes conditions, leases, counters and quotas atomic. Any thread.
//
// Arguments were checked by the caller.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <larder/verbs.hpp>

#include "bounds.hpp"
#include "epoch_table.hpp"
#include "gcra.hpp"
#include "log_table.hpp"
#include "timed_table.hpp"
#include "values.hpp"

namespace larder::memory {

// What the shards of one store share. Outlives them.
struct Common {
  Bounds bounds;
  KeyHash hash{random_sip_key()};
  Random random;
  std::atomic<std::uint64_t> versions{random.next()};  // of the last write
  std::atomic<std::uint64_t> tokens{0};                // of the last lease granted
  std::shared_ptr<WatchHub> watches;
};

// The key an operation is about, and the time it is to take as now.
struct Target {
  const Key& key;
  std::uint64_t hash;
  SteadyTime now;
};

class Shard {
 public:
  Shard(Common& common, Values& values);

  // ---- values ----
  [[nodiscard]] PutOutcome put(const Target& at, EntryRef entry, const Condition& condition);
  [[nodiscard]] bool erase(const Target& at);
  // invalid_argument where fresh and stale life together would be over Life::kTotalMax.
  [[nodiscard]] Result<bool> touch(const Target& at, milliseconds fresh);

  // ---- leases ----
  [[nodiscard]] Result<LeaseAnswer> read_or_lease(const Target& at, const LeaseRequest& request);
  [[nodiscard]] FillOutcome fill(const Target& at, EntryRef entry, LeaseToken token);
  [[nodiscard]] bool renew(const Target& at, LeaseToken token, milliseconds hold);
  [[nodiscard]] bool release(const Target& at, LeaseToken token);

  // ---- counters, quotas, epochs, events ----
  [[nodiscard]] Result<std::int64_t> add(const Target& at, const Addition& addition);
  [[nodiscard]] Result<QuotaAnswer> take(const Target& at, const QuotaRequest& request);
  [[nodiscard]] Epoch epoch(const Target& at);
  [[nodiscard]] Epoch bump(const Target& at);
  [[nodiscard]] Result<EventPosition> append(const Target& at, Bytes payload,
                                             const LogBounds& bounds);
  [[nodiscard]] EventPage read_after(const Target& at, EventPosition position, std::size_t count);

  // ---- a near tier's copies ----
  void insert_copy(const Target& at, const Found& found, milliseconds life_max);

  // ---- care ----
  // Removes what has ended by now, in bounded steps.
  void reclaim_all(SteadyTime now);
  // Since the store was opened.
  [[nodiscard]] std::uint64_t writes() const noexcept {
    return writes_.load(std::memory_order_relaxed);
  }

 private:
  class Session;
  friend class Session;

  using Leases = TimedTable<LeaseToken>;

  bool reclaim_one();
  [[nodiscard]] bool make_held_room(std::size_t bytes);
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  [[nodiscard]] std::size_t table_bytes() const noexcept;
  // Takes so much more room from the values; what is not used goes back with the session.
  void claim(std::size_t bytes);

  void count_write() noexcept {
    // Only under the lock, so that a plain addition will do.
    writes_.store(writes_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] Leases::Item* find_lease(const Target& at, LeaseToken token);

  Common& common_;
  Values& values_;
  std::mutex mutex_;
  // The latest time any operation came with, so that time never runs backwards here.
  SteadyTime now_{};
  Leases leases_;
  TimedTable<std::int64_t> counters_;
  TimedTable<QuotaState> quotas_;
  EpochTable epochs_;
  LogTable logs_;
  std::size_t claimed_ = 0;  // of the store's bytes; the tables take no more
  std::atomic<std::uint64_t> writes_{0};
};

// One operation: holds the lock, moves time on, and gives back a bounded number of things
// that have ended.
class Shard::Session {
 public:
  // Steps of reclamation. A reader gives back what it could have hit; writers, who bring
  // at most one thing at a time, more than they bring.
  static constexpr int kRead = 1;
  static constexpr int kWrite = 8;

  Session(Shard& shard, SteadyTime now, int steps) : shard_(shard), lock_(shard.mutex_) {
    shard_.now_ = std::max(shard_.now_, now);
    for (int step = 0; step < steps && shard_.reclaim_one(); ++step) {
    }
  }
  ~Session() {
    const std::size_t used = shard_.table_bytes();
    shard_.values_.give_back(shard_.claimed_ - used);
    shard_.claimed_ = used;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  Shard& shard_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace larder::memory

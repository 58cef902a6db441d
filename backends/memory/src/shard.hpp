// Shard: one part of the store, with one lock and one account of bytes. A key belongs to
// one shard in every verb group. Each operation is one critical section, which is what
// makes conditions, leases, counters and quotas atomic. Any thread.
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
#include "value_table.hpp"

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
  explicit Shard(Common& common);

  // ---- values ----
  [[nodiscard]] std::optional<Found> get(const Target& at);
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

  // ---- care ----
  // Adds keys of the namespace (empty: all) whose hashes are `from` or above, in the order
  // of buckets, until `keys` holds `count` or `steps` buckets were visited, which it counts
  // down. Answers where to go on; nullopt at the end.
  [[nodiscard]] std::optional<std::uint64_t> scan(std::string_view name_space, std::uint64_t from,
                                                  std::size_t count, std::size_t& steps,
                                                  SteadyTime now, std::vector<Key>& keys);
  // Counts this shard in; what has ended by now is removed first, in bounded steps.
  void count_in(BackendStats& stats, SteadyTime now);

 private:
  class Session;
  friend class Session;

  using Leases = TimedTable<LeaseToken>;

  bool reclaim_one();
  [[nodiscard]] bool make_held_room(std::size_t bytes);
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] std::size_t value_room() const noexcept;
  void give_values_less_room() { values_.shrink_to(value_room(), now_); }

  [[nodiscard]] Record* find(const Target& at) { return values_.find(at.hash, at.key, now_); }
  [[nodiscard]] std::optional<Found> read(const Target& at);
  Version write(const Target& at, EntryRef entry);
  [[nodiscard]] Leases::Item* find_lease(const Target& at, LeaseToken token);

  Common& common_;
  std::mutex mutex_;
  // The latest time any operation came with, so that time never runs backwards here.
  SteadyTime now_{};
  ValueTable values_;
  Leases leases_;
  TimedTable<std::int64_t> counters_;
  TimedTable<QuotaState> quotas_;
  EpochTable epochs_;
  LogTable logs_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t writes_ = 0;
};

// One operation: holds the lock, moves time on, and gives back a bounded number of things
// that have ended. Entries that left are freed after the lock is released, since giving a
// large one back to the system takes a while.
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
  ~Session() { dead_.swap(shard_.values_.dead()); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  Shard& shard_;
  std::vector<EntryRef> dead_;  // before the lock: destroyed after it
  std::unique_lock<std::mutex> lock_;
};

}  // namespace larder::memory

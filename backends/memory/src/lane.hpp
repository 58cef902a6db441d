// Lane: puts writes of values in order, for a part of the keys: their leases, and one lock. Each
// operation is one critical section, which is what makes conditions and leases atomic; plain
// reads pass it by. Any thread.
//
// There are more lanes than shards, since every write takes the lock of one, and leases end soon
// and are many only for a moment: a lane needs room for few.
//
// Arguments were checked by the caller.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <larder/verbs.hpp>

#include "common.hpp"
#include "session.hpp"
#include "timed_table.hpp"
#include "values.hpp"

namespace larder::memory {

class Lane {
 public:
  Lane(Common& common, Values& values) : common_(common), values_(values), leases_(common.hash) {}

  [[nodiscard]] PutOutcome put(const Target& at, EntryRef entry, const Condition& condition);
  [[nodiscard]] bool erase(const Target& at);
  // invalid_argument where fresh and stale life together would be over Life::kTotalMax.
  [[nodiscard]] Result<bool> touch(const Target& at, milliseconds fresh);

  // A near tier's copy.
  void insert_copy(const Target& at, const Found& found, SteadyTime until);

  [[nodiscard]] Result<LeaseAnswer> read_or_lease(const Target& at, const LeaseRequest& request);
  [[nodiscard]] FillOutcome fill(const Target& at, EntryRef entry, LeaseToken token);
  [[nodiscard]] bool renew(const Target& at, LeaseToken token, milliseconds hold);
  [[nodiscard]] bool release(const Target& at, LeaseToken token);

  // Since the store was opened.
  [[nodiscard]] std::uint64_t writes() const noexcept {
    return writes_.load(std::memory_order_relaxed);
  }

 private:
  friend class Session<Lane>;

  using Leases = TimedTable<LeaseToken>;

  bool reclaim_one() { return leases_.take_due(now_).has_value(); }
  [[nodiscard]] std::size_t table_bytes() const noexcept { return leases_.bytes(); }
  // Takes it from the values; what is not used goes back with the session.
  [[nodiscard]] bool make_room(std::size_t bytes);
  [[nodiscard]] Leases::Item* find_lease(const Target& at, LeaseToken token);
  // And now and then looks for what has ended.
  void count_write();

  Common& common_;
  Values& values_;
  std::mutex mutex_;
  // The latest time any operation came with, so that time never runs backwards here.
  SteadyTime now_{};
  Leases leases_;
  std::size_t claimed_ = 0;  // of the store's bytes; the leases take no more
  std::atomic<std::uint64_t> writes_{0};
};

}  // namespace larder::memory

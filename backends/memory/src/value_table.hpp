// ValueTable: the entries of one shard, bounded in bytes. Not thread-safe; its shard locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <larder/verbs.hpp>

#include "eviction.hpp"
#include "expiry_heap.hpp"
#include "record.hpp"
#include "record_index.hpp"
#include "watch_hub.hpp"

namespace larder::memory {

class ValueTable {
 public:
  // `room_max`: the most that values will ever be given. The hub hears of each change.
  ValueTable(std::size_t room_max, WatchHub& watches);

  // Null where there is none with life. One that has ended is removed on the way.
  [[nodiscard]] Record* find(std::uint64_t hash, const Key& key, SteadyTime now);

  // The answer of a read, which counts for eviction.
  [[nodiscard]] Found read(Record& record, SteadyTime now) noexcept;

  // Over what stands under the key (`over`, or null for none), evicting until all fits in
  // `room`, which is enough for this entry alone.
  void write(Record* over, Record fresh, std::size_t room, SteadyTime now);
  void erase(Record& record);
  void set_end(Record& record, SteadyTime ends);

  // Evicts until all fits in `room`.
  void shrink_to(std::size_t room, SteadyTime now);
  // Removes one record whose end has come; false where there is none.
  bool reclaim_one(SteadyTime now);

  [[nodiscard]] const RecordIndex& index() const noexcept { return index_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return record_bytes_ + index_.bytes() + expiry_.bytes() + eviction_.bytes();
  }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }
  [[nodiscard]] std::uint64_t expirations() const noexcept { return expirations_; }

  // Entries that left, so that the shard frees them after its lock is released.
  [[nodiscard]] std::vector<EntryRef>& dead() noexcept { return dead_; }

 private:
  // The expired one that ended first, else the next victim; false when empty.
  bool drop_one(SteadyTime now);
  void make_room(std::size_t bytes, std::size_t room, SteadyTime now);
  void remove(Record& record);

  RecordIndex index_;
  ExpiryHeap<Record> expiry_;
  Eviction eviction_;
  WatchHub& watches_;
  std::size_t record_bytes_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t expirations_ = 0;
  std::vector<EntryRef> dead_;
};

}  // namespace larder::memory

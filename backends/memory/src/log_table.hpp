// LogTable: the event logs of one shard, bounded in bytes. Where there is no room, the log
// whose end is nearest goes, and its readers are told of a gap. Not thread-safe; its shard
// locks.
#pragma once

#include <cstddef>

#include "event_log.hpp"
#include "random.hpp"
#include "timed_table.hpp"

namespace larder::memory {

class LogTable {
 public:
  LogTable(KeyHash hash, Random& random, std::size_t bytes_max)
      : random_(random), bytes_max_(bytes_max), logs_(hash) {}

  // Bounds were checked. too_large where the event alone is over the table's bound.
  [[nodiscard]] Result<EventPosition> append(const Key& key, Bytes payload, const LogBounds& bounds,
                                             SteadyTime now);
  [[nodiscard]] EventPage read_after(const Key& key, EventPosition position, std::size_t count,
                                     SteadyTime now);
  // Removes one log whose last event is too old; false where there is none.
  bool reclaim_one(SteadyTime now);
  [[nodiscard]] std::size_t bytes() const noexcept { return logs_.bytes() + event_bytes_; }
  // What one append may add, at most.
  [[nodiscard]] static std::size_t cost_most(const Key& key, std::size_t payload_size) noexcept;

 private:
  using Logs = TimedTable<EventLog>;

  void drop(const Key& key);
  void make_room(Logs::Item& log, std::size_t bytes);

  Random& random_;
  const std::size_t bytes_max_;
  Logs logs_;
  std::size_t event_bytes_ = 0;  // of all logs
};

}  // namespace larder::memory

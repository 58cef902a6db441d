// Shard: counters, quotas, epochs and event logs of a part of the keys, with one lock. Each
// operation is one critical section, which is what makes counters and quotas atomic. Any thread.
//
// Arguments were checked by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <larder/verbs.hpp>

#include "common.hpp"
#include "epoch_table.hpp"
#include "gcra.hpp"
#include "log_table.hpp"
#include "session.hpp"
#include "timed_table.hpp"
#include "values.hpp"

namespace larder::memory {

class Shard {
 public:
  Shard(Common& common, Values& values);

  // ---- counters, quotas, epochs, events ----
  [[nodiscard]] Result<std::int64_t> add(const Target& at, const Addition& addition);
  [[nodiscard]] Result<QuotaAnswer> take(const Target& at, const QuotaRequest& request);
  [[nodiscard]] Epoch epoch(const Target& at);
  [[nodiscard]] Epoch bump(const Target& at);
  [[nodiscard]] Result<EventPosition> append(const Target& at, Bytes payload,
                                             const LogBounds& bounds);
  [[nodiscard]] EventPage read_after(const Target& at, EventPosition position, std::size_t count);

 private:
  friend class Session<Shard>;

  bool reclaim_one();
  [[nodiscard]] bool make_held_room(std::size_t bytes);
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  [[nodiscard]] std::size_t table_bytes() const noexcept;
  // Takes so much more room from the values; what is not used goes back with the session.
  void claim(std::size_t bytes);

  Common& common_;
  Values& values_;
  std::mutex mutex_;
  // The latest time any operation came with, so that time never runs backwards here.
  SteadyTime now_{};
  TimedTable<std::int64_t> counters_;
  TimedTable<QuotaState> quotas_;
  EpochTable epochs_;
  LogTable logs_;
  std::size_t claimed_ = 0;  // of the store's bytes; the tables take no more
};

}  // namespace larder::memory

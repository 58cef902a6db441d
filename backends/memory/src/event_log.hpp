// EventLog: one bounded log of events. Not thread-safe; its shard locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include <larder/verbs.hpp>

namespace larder::memory {

class EventLog {
 public:
  // `id`: drawn at random, never 0.
  explicit EventLog(std::uint64_t id) noexcept : id_(id) {}

  // Adds an event and trims to the bounds, which hold until the next append.
  EventPosition append(Bytes payload, const LogBounds& bounds, SteadyTime now);

  // Drops what is too old, then answers.
  [[nodiscard]] EventPage read_after(EventPosition position, std::size_t count, SteadyTime now);

  void drop_oldest();

  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  // What its events cost in memory.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] static std::size_t cost(std::size_t payload_size) noexcept;

 private:
  struct Kept {
    Bytes payload;
    SteadyTime appended;
  };

  void drop_old(SteadyTime now);
  [[nodiscard]] std::uint64_t first() const noexcept { return last_ - events_.size() + 1; }

  std::uint64_t id_;
  std::uint64_t last_ = 0;  // sequence of the newest event
  std::deque<Kept> events_;
  std::size_t payload_bytes_ = 0;
  std::size_t bytes_ = 0;
  milliseconds age_max_{0};
};

}  // namespace larder::memory

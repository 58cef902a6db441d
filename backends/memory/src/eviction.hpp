// Eviction: which record goes when room is needed. S3-FIFO counted in bytes: new records
// enter a small queue; those read again there move on to the main one, the rest leave soon
// and are remembered as ghosts; a ghost that comes back enters the main queue at once. So
// a scan passes through without flushing what is used.
//
// Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ghosts.hpp"
#include "record.hpp"

namespace larder::memory {

// Records from the newest to the oldest, linked through themselves.
class RecordQueue {
 public:
  void push(Record& record) noexcept;
  void remove(Record& record) noexcept;
  [[nodiscard]] Record* oldest() const noexcept { return oldest_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  Record* newest_ = nullptr;
  Record* oldest_ = nullptr;
  std::size_t bytes_ = 0;
};

class Eviction {
 public:
  static constexpr std::uint8_t kUsesMax = 3;
  // Records spared in a row before one goes in spite of its uses: bounds the work.
  static constexpr int kSparedMax = 64;

  // `room`: the most bytes that values may take. A tenth of it is the small queue's.
  explicit Eviction(std::size_t room) : small_max_(room / 10) {}

  // A new record, among `records`: as many ghosts count as recent.
  void add(Record& record, std::size_t records) noexcept;
  // A record whose bytes have changed: the newest of the queue it was in.
  void add_again(Record& record) noexcept;
  void remove(Record& record) noexcept { queue_of(record).remove(record); }

  void used(Record& record) const noexcept {
    if (record.uses < kUsesMax) {
      ++record.uses;
    }
  }

  // The record to remove next; null when there is none. It is still queued.
  [[nodiscard]] Record* victim() noexcept;

  // As many ghosts as records fit the index.
  void resize_ghosts(std::size_t slots) {
    if (ghosts_.slots() != slots) {
      ghosts_.resize(slots);
    }
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return ghosts_.bytes(); }

 private:
  RecordQueue& queue_of(const Record& record) noexcept {
    return record.queue == Queue::small ? small_ : main_;
  }
  // True where it was spared, and has moved.
  [[nodiscard]] bool spare(Record& record) noexcept;

  std::size_t small_max_;
  RecordQueue small_;
  RecordQueue main_;
  Ghosts ghosts_;
};

}  // namespace larder::memory

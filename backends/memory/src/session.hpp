// Session: one operation of a Shard or a Lane. Holds its lock, moves its time on, and gives
// back a bounded number of things that have ended.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <larder/clock.hpp>

namespace larder::memory {

enum class Steps : std::uint8_t {
  read = 1,   // what a reader could have hit
  write = 8,  // more than a writer brings, which is one thing at most
  care = 255,
};

// `Part` has mutex_, now_, claimed_, values_, reclaim_one() and table_bytes().
template <typename Part>
class Session {
 public:
  Session(Part& part, SteadyTime now, Steps steps) : part_(part), lock_(part.mutex_) {
    part_.now_ = std::max(part_.now_, now);
    for (int step = 0; step < static_cast<int>(steps); ++step) {
      if (!part_.reclaim_one()) {
        return;
      }
    }
    may_have_more_ = true;
  }
  ~Session() {
    const std::size_t used = part_.table_bytes();
    part_.values_.give_back(part_.claimed_ - used);
    part_.claimed_ = used;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Whether more than it gave back may have ended.
  [[nodiscard]] bool may_have_more() const noexcept { return may_have_more_; }

 private:
  Part& part_;
  std::lock_guard<std::mutex> lock_;
  bool may_have_more_ = false;
};

// Removes from a part what has ended by now. In sessions of their own, so that other threads
// get their turn in a long clean-up.
template <typename Part>
void reclaim_all(Part& part, SteadyTime now) {
  while (Session(part, now, Steps::care).may_have_more()) {
  }
}

}  // namespace larder::memory

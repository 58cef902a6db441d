// Bell: rings once and wakes every coroutine that waits for it, each on its own executor.
//
// Each waiting coroutine sleeps on an Asio timer of its own executor that never expires by
// itself, so it belongs to its io_context and dies with it. Asio timers are not
// thread-safe: all of a bell's are touched under its one mutex.
#pragma once

#include <memory>

#include <larder/clock.hpp>

namespace larder {

// Any thread. Copies are the same bell.
class Bell {
 public:
  Bell();

  // Returns once the bell has rung, or when the waiting coroutine was cancelled. It does
  // not tell which: the caller looks at what the bell announces.
  [[nodiscard]] awaitable<void> wait() const;

  void ring() const;
  // Rings `other` too when this rings, or at once if it has rung.
  void link(const Bell& other) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace larder

// Time, injected.
//
// Everything that waits or measures takes a Clock, so a test moves time itself (testkit's
// FakeClock) and never sleeps. Freshness is counted on the steady clock only; the wall
// clock is for logs.
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>

namespace larder {

using boost::asio::awaitable;

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// The moment by which a call must have ended. Absolute, so it is passed down unchanged.
// SteadyTime::max() means no deadline and is for tools and tests only.
using Deadline = SteadyTime;

class Clock {
 public:
  virtual ~Clock() = default;

  [[nodiscard]] virtual SteadyTime now() const noexcept = 0;
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;

  // now(), or up to kCoarseBehind earlier where that is cheaper (3 ns against 24 ns on
  // Linux). Never ahead of now().
  [[nodiscard]] virtual SteadyTime coarse_now() const noexcept { return now(); }
  static constexpr milliseconds kCoarseBehind{20};

  // Returns true at `when` (at once if it has passed), false if cancelled before. Resumes
  // on the executor of the calling coroutine.
  [[nodiscard]] virtual awaitable<bool> sleep_until(SteadyTime when) = 0;

  [[nodiscard]] Deadline in(milliseconds span) const noexcept { return now() + span; }
};

// The machine's own clocks. Lives as long as the program; any thread.
[[nodiscard]] Clock& system_clock() noexcept;

}  // namespace larder

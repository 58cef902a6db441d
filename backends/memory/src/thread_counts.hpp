// ThreadCounts: hits and misses, counted by each thread on a cache line of its own, so that
// counting costs a hit one plain addition. Sums are exact once the counting threads rest.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::memory {

// Threads that count at once on lines of their own; the others share one.
constexpr std::size_t kThreadSlots = 64;

// A number below kThreadSlots that no other living thread has, or kThreadSlots.
[[nodiscard]] std::size_t thread_slot() noexcept;

class ThreadCounts {
 public:
  void hit() noexcept { count(&Line::hits); }
  void miss() noexcept { count(&Line::misses); }

  [[nodiscard]] std::uint64_t hits() const noexcept { return sum(&Line::hits); }
  [[nodiscard]] std::uint64_t misses() const noexcept { return sum(&Line::misses); }

 private:
  using Count = std::atomic<std::uint64_t>;
  struct alignas(64) Line {
    Count hits{0};
    Count misses{0};
  };

  void count(Count Line::* what) noexcept {
    const std::size_t slot = thread_slot();
    Count& count = lines_[slot].*what;
    if (slot < kThreadSlots) {
      // No one else writes it.
      count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      count.fetch_add(1, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] std::uint64_t sum(Count Line::* what) const noexcept {
    std::uint64_t sum = 0;
    for (const Line& line : lines_) {
      sum += (line.*what).load(std::memory_order_relaxed);
    }
    return sum;
  }

  std::array<Line, kThreadSlots + 1> lines_{};
};

}  // namespace larder::memory

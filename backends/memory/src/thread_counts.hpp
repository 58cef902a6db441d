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

namespace detail {
constexpr std::size_t kUnknownSlot = kThreadSlots + 1;
// Apart from what owns the slot, since reading a thread_local without a destructor costs
// nothing.
inline thread_local constinit std::size_t slot_of_thread = kUnknownSlot;
void take_slot() noexcept;
}  // namespace detail

// A number below kThreadSlots that no other living thread has, or kThreadSlots.
[[nodiscard]] inline std::size_t thread_slot() noexcept {
  if (detail::slot_of_thread == detail::kUnknownSlot) [[unlikely]] {
    detail::take_slot();
  }
  return detail::slot_of_thread;
}

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

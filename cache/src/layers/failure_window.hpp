// FailureWindow: which share of the calls of the last while failed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <larder/clock.hpp>

namespace larder {

// Any thread, without locks. The window slides in eight slices; a slice is one word, so a
// call is one compare-and-swap.
class FailureWindow {
 public:
  explicit FailureWindow(milliseconds window) noexcept : slice_(window / kSlices) {}

  struct Sum {
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
  };

  void add(SteadyTime now, std::uint32_t failures) noexcept;
  [[nodiscard]] Sum sum(SteadyTime now) const noexcept;
  // What is being added at the same moment may stay.
  void clear() noexcept;

 private:
  static constexpr std::size_t kSlices = 8;
  // A word is the slice's number (24 bits), failures and calls (20 bits each). Numbers
  // repeat after 2^24 slices: a leftover of just that age would be counted in, harmlessly.
  static constexpr unsigned kCountBits = 20;
  static constexpr std::uint64_t kCountMax = (std::uint64_t{1} << kCountBits) - 1;
  static constexpr std::uint64_t kNumbers = std::uint64_t{1} << 24;

  [[nodiscard]] std::uint64_t number(SteadyTime now) const noexcept {
    return static_cast<std::uint64_t>(now.time_since_epoch() / slice_) % kNumbers;
  }

  milliseconds slice_;
  std::array<std::atomic<std::uint64_t>, kSlices> slices_{};
};

}  // namespace larder

#include "failure_window.hpp"

namespace larder {

void FailureWindow::add(SteadyTime now, std::uint32_t failures) noexcept {
  const std::uint64_t current = number(now);
  std::atomic<std::uint64_t>& slice = slices_[current % kSlices];
  std::uint64_t word = slice.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    const bool same = word >> (2 * kCountBits) == current;
    const std::uint64_t counts = same ? word & ((std::uint64_t{1} << (2 * kCountBits)) - 1) : 0;
    if ((counts & kCountMax) == kCountMax) {
      return;  // A million calls say enough about this slice.
    }
    next = (current << (2 * kCountBits)) | (counts + 1 + (std::uint64_t{failures} << kCountBits));
  } while (!slice.compare_exchange_weak(word, next, std::memory_order_relaxed));
}

FailureWindow::Sum FailureWindow::sum(SteadyTime now) const noexcept {
  const std::uint64_t current = number(now);
  Sum sum;
  for (const std::atomic<std::uint64_t>& slice : slices_) {
    const std::uint64_t word = slice.load(std::memory_order_relaxed);
    const std::uint64_t age = (current - (word >> (2 * kCountBits))) % kNumbers;
    if (age < kSlices) {
      sum.calls += word & kCountMax;
      sum.failures += (word >> kCountBits) & kCountMax;
    }
  }
  return sum;
}

void FailureWindow::clear() noexcept {
  for (std::atomic<std::uint64_t>& slice : slices_) {
    slice.store(0, std::memory_order_relaxed);
  }
}

}  // namespace larder

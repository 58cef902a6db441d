// Sampled reads on their way from readers, which take no lock, to the shadow caches. Lossy: what
// is not drained in time is overwritten, and nobody waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "size_level.hpp"

namespace larder::memory {

class SampleBuffer {
 public:
  // A read of a key, from any thread. The weight is kept as its level, which is near enough.
  void push(std::uint64_t hash, std::size_t weight) noexcept {
    const std::uint32_t at = pushed_.fetch_add(1, std::memory_order_relaxed);
    slots_[at % kSlots].store((hash & ~kLevelMask) | size_level(weight),
                              std::memory_order_relaxed);
  }

  // Calls f(hash, weight) for each read that is here; the lowest bits of the hash are lost. One
  // thread at a time.
  template <typename F>
  void drain(F f) {
    if (pushed_.load(std::memory_order_relaxed) == drained_) {
      return;
    }
    drained_ = pushed_.load(std::memory_order_relaxed);
    for (std::atomic<std::uint64_t>& slot : slots_) {
      if (const std::uint64_t read = slot.exchange(0, std::memory_order_relaxed); read != 0) {
        f(read & ~kLevelMask, level_weight(read & kLevelMask));
      }
    }
  }

 private:
  static constexpr std::size_t kSlots = 64;
  static constexpr std::uint64_t kLevelMask = kSizeLevels - 1;

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
  std::atomic<std::uint32_t> pushed_ = 0;
  std::uint32_t drained_ = 0;
};

}  // namespace larder::memory

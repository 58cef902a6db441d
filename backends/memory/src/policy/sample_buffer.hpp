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
  // A read, from any thread.
  void push(HashAndWeight read) noexcept {
    const std::uint32_t at = pushed_.fetch_add(1, std::memory_order_relaxed);
    slots_[at % kSlots].store(read.bits(), std::memory_order_relaxed);
  }

  // Calls f(HashAndWeight) for each read that is here. One thread at a time.
  template <typename F>
  void drain(F f) {
    const std::uint32_t pushed = pushed_.load(std::memory_order_relaxed);
    if (pushed == drained_) {
      return;
    }
    const std::uint32_t first = pushed - drained_ > kSlots ? pushed - kSlots : drained_;
    for (std::uint32_t at = first; at != pushed; ++at) {
      // Empty where its reader has counted it and not written it yet.
      const std::uint64_t read = slots_[at % kSlots].exchange(0, std::memory_order_relaxed);
      if (read != 0) {
        f(HashAndWeight(read));
      }
    }
    drained_ = pushed;
  }

 private:
  static constexpr std::uint32_t kSlots = 64;

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
  std::atomic<std::uint32_t> pushed_ = 0;
  std::uint32_t drained_ = 0;
};

}  // namespace larder::memory

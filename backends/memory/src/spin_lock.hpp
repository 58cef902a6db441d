// SpinLock: one byte that guards a few cache lines for a few hundred nanoseconds.
//
// Whoever finds it taken spins a little, since the holder is about to leave; then gives the
// core away, since on a busy machine the holder may not have one; then sleeps. Nobody waits
// in the kernel, so leaving is one plain store, and a lock fits in the line it guards.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::memory {

class SpinLock {
 public:
  void lock() noexcept {
    if (!try_lock()) {
      wait();
    }
  }
  [[nodiscard]] bool try_lock() noexcept {
    return taken_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() noexcept { taken_.store(0, std::memory_order_release); }

 private:
  void wait() noexcept;

  std::atomic<std::uint8_t> taken_{0};
};

}  // namespace larder::memory

#include "spin_lock.hpp"

#include <chrono>
#include <thread>

namespace larder::memory {
namespace {

constexpr int kSpins = 1000;
constexpr int kYields = 16;
constexpr std::chrono::microseconds kSleep{50};

inline void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

}  // namespace

void SpinLock::wait() noexcept {
  for (int turn = 0;; ++turn) {
    if (taken_.load(std::memory_order_relaxed) == 0 && try_lock()) {
      return;
    }
    if (turn < kSpins) {
      pause();
    } else if (turn < kSpins + kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
}

}  // namespace larder::memory

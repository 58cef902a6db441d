#include "thread_counts.hpp"

#include <bit>

namespace larder::memory {
namespace {

// A bit for each slot that is taken.
std::atomic<std::uint64_t> taken{0};
static_assert(kThreadSlots == 64);

class SlotOwner {
 public:
  SlotOwner() noexcept {
    std::uint64_t seen = taken.load(std::memory_order_relaxed);
    do {
      own_ = static_cast<std::size_t>(std::countr_one(seen));
      if (own_ == kThreadSlots) {
        break;
      }
      // Acquire: what the last owner counted is seen.
    } while (!taken.compare_exchange_weak(seen, seen | (std::uint64_t{1} << own_),
                                          std::memory_order_acquire, std::memory_order_relaxed));
    detail::slot_of_thread = own_;
  }
  ~SlotOwner() {
    // Whatever this thread still does shares the last line.
    detail::slot_of_thread = kThreadSlots;
    if (own_ < kThreadSlots) {
      taken.fetch_and(~(std::uint64_t{1} << own_), std::memory_order_release);
    }
  }
  SlotOwner(const SlotOwner&) = delete;
  SlotOwner& operator=(const SlotOwner&) = delete;

 private:
  std::size_t own_ = kThreadSlots;
};

}  // namespace

void detail::take_slot() noexcept { thread_local const SlotOwner owner; }

}  // namespace larder::memory

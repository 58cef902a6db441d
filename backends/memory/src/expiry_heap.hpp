// ExpiryHeap: which item ends first. A binary heap whose items know their place in it, so
// any of them can leave or move in O(log n).
//
// T has `SteadyTime ends` and `std::uint32_t heap_place`; the heap sets the latter. Items
// must not move in memory while they are in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <larder/clock.hpp>

namespace larder::memory {

template <typename T>
class ExpiryHeap {
 public:
  void add(T& item) {
    slots_.push_back(Slot{item.ends, &item});
    rise(slots_.size() - 1);
  }

  void remove(T& item) {
    const std::size_t place = item.heap_place;
    const Slot last = slots_.back();
    slots_.pop_back();
    if (place < slots_.size()) {
      set(place, last);
      settle(place);
    }
    give_back_room();
  }

  // Its `ends` was changed.
  void moved(T& item) {
    slots_[item.heap_place].ends = item.ends;
    settle(item.heap_place);
  }

  // The item that ends first; null when empty.
  [[nodiscard]] T* first() const noexcept { return slots_.empty() ? nullptr : slots_.front().item; }

  // The item that ends first if its end has come, else null.
  [[nodiscard]] T* due(SteadyTime now) const noexcept {
    return slots_.empty() || slots_.front().ends > now ? nullptr : slots_.front().item;
  }

  // So that the next add() allocates nothing.
  void reserve_one() {
    if (slots_.size() == slots_.capacity()) {
      slots_.reserve(slots_.size() < kLeast ? kLeast : slots_.size() * 2);
    }
  }

  [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr std::size_t kLeast = 16;

  // The end stands beside the pointer so that comparing touches no item.
  struct Slot {
    SteadyTime ends;
    T* item;
  };

  void set(std::size_t place, const Slot& slot) noexcept {
    slots_[place] = slot;
    slot.item->heap_place = static_cast<std::uint32_t>(place);
  }

  void settle(std::size_t place) noexcept {
    if (place > 0 && slots_[place].ends < slots_[(place - 1) / 2].ends) {
      rise(place);
    } else {
      sink(place);
    }
  }

  void rise(std::size_t place) noexcept {
    const Slot slot = slots_[place];
    while (place > 0 && slot.ends < slots_[(place - 1) / 2].ends) {
      set(place, slots_[(place - 1) / 2]);
      place = (place - 1) / 2;
    }
    set(place, slot);
  }

  void sink(std::size_t place) noexcept {
    const Slot slot = slots_[place];
    for (std::size_t child = 2 * place + 1; child < slots_.size(); child = 2 * place + 1) {
      if (child + 1 < slots_.size() && slots_[child + 1].ends < slots_[child].ends) {
        ++child;
      }
      if (slots_[child].ends >= slot.ends) {
        break;
      }
      set(place, slots_[child]);
      place = child;
    }
    set(place, slot);
  }

  void give_back_room() {
    if (slots_.capacity() > kLeast && slots_.size() < slots_.capacity() / 8) {
      std::vector<Slot> smaller;
      smaller.reserve(slots_.size() * 2 < kLeast ? kLeast : slots_.size() * 2);
      smaller.assign(slots_.begin(), slots_.end());
      slots_ = std::move(smaller);
    }
  }

  std::vector<Slot> slots_;
};

}  // namespace larder::memory

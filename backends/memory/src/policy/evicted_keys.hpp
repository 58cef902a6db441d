// Remembers the keys that were evicted lately, as S3-FIFO's ghosts: 16 bits of their hashes, in
// sets of eight. A false memory costs one worse decision, never a wrong answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace larder::memory {

class EvictedKeys {
 public:
  // Makes room for that many keys, and keeps what it knows.
  void reserve(std::size_t keys);

  void add(std::uint64_t hash) noexcept;

  // Whether it is one of the last `recent` that were added; it is forgotten then.
  [[nodiscard]] bool take(std::uint64_t hash, std::size_t recent) noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return sets_.capacity() * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 8;

  struct Slot {
    std::uint16_t print = 0;  // 0 = free
    std::uint16_t turn = 0;   // when it was added, in steps of 2^turn_shift_; it may wrap
  };
  using Set = std::array<Slot, kWays>;

  [[nodiscard]] Set& set_of(std::uint64_t hash) noexcept;
  [[nodiscard]] std::uint16_t age(const Slot& slot) const noexcept {
    return static_cast<std::uint16_t>((added_ >> turn_shift_) - slot.turn);
  }

  std::vector<Set> sets_ = std::vector<Set>(2);
  std::uint64_t added_ = 0;
  unsigned turn_shift_ = 0;
};

}  // namespace larder::memory

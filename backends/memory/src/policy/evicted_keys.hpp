// Remembers the keys that were evicted lately, as S3-FIFO's ghosts: 16 bits of their hashes, in
// sets of eight. A false memory costs one worse decision, never a wrong answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pages.hpp"

namespace larder::memory {

class EvictedKeys {
 public:
  // Makes room for that many keys, and keeps what it knows.
  void reserve(std::size_t keys);

  void add(std::uint64_t hash) noexcept;

  // Begins to bring what take() will look at into the processor's cache.
  void prefetch(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&sets_[index_of(mixed(hash))]);
  }

  // Whether it is one of the last `recent` that were added; it is forgotten then.
  [[nodiscard]] bool take(std::uint64_t hash, std::size_t recent) noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return sets_.bytes(); }

 private:
  static constexpr std::size_t kWays = 8;

  struct Slot {
    std::uint16_t print = 0;  // 0 = free
    std::uint16_t turn = 0;   // when it was added, in steps of 2^turn_shift_; it may wrap
  };
  struct alignas(32) Set {
    std::array<Slot, kWays> slots;
  };
  // Sets are told apart by the bits above the print's.
  static constexpr unsigned kPrintBits = 16;

  static std::uint64_t mixed(std::uint64_t hash) noexcept {
    hash *= 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 32U);
  }
  [[nodiscard]] std::size_t index_of(std::uint64_t mixed_hash) const noexcept {
    return (mixed_hash >> kPrintBits) & (sets_.size() - 1);
  }
  void write_latest() noexcept;
  [[nodiscard]] std::uint16_t age(const Slot& slot) const noexcept {
    return static_cast<std::uint16_t>((added_ >> turn_shift_) - slot.turn);
  }

  ZeroTable<Set> sets_{2};
  // Mixed; written to its set when the next comes, as the set takes long to arrive from memory.
  // 0 = none.
  std::uint64_t latest_ = 0;
  std::uint64_t added_ = 0;
  unsigned turn_shift_ = 0;
};

}  // namespace larder::memory

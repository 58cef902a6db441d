// Ghosts: remembers the keys that were evicted lately, without keeping them. Fingerprints
// in sets of four; a new one takes the place of the oldest in its set. A false memory costs
// one worse decision, never a wrong answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace larder::memory {

class Ghosts {
 public:
  // Forgets everything. A power of two, 16 or more.
  void resize(std::size_t slots);

  void add(std::uint64_t hash) noexcept;

  // Whether it is one of the last `recent` that were added; it is forgotten then.
  [[nodiscard]] bool take(std::uint64_t hash, std::size_t recent) noexcept;

  [[nodiscard]] std::size_t slots() const noexcept { return sets_.size() * kWays; }
  [[nodiscard]] std::size_t bytes() const noexcept { return sets_.size() * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 4;

  struct Slot {
    std::uint32_t print = 0;  // 0 = free
    std::uint32_t turn = 0;   // when it was added; compared by distance, so it may wrap
  };
  using Set = std::array<Slot, kWays>;

  [[nodiscard]] Set& set_of(std::uint64_t hash) noexcept;

  std::vector<Set> sets_;
  std::uint32_t turn_ = 0;
};

}  // namespace larder::memory

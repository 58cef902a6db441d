// Weights, roughly: in half octaves, as the policy's lists know them, and in sixteenths of an
// octave, as the shadow caches do.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace larder::memory {

// Level 63 holds all from 3 GiB on.
constexpr unsigned kSizeLevels = 64;

// Two levels for each power of two: up to 1.5 times it, and above.
constexpr std::uint8_t size_level(std::uint64_t weight) noexcept {
  if (weight < 2) {
    return 0;
  }
  const unsigned octave = static_cast<unsigned>(std::bit_width(weight)) - 1;
  const unsigned upper = (weight >> (octave - 1)) & 1U;
  return static_cast<std::uint8_t>(std::min(2 * octave + upper, kSizeLevels - 1));
}

// The smallest weight of a level.
constexpr std::uint64_t level_weight(std::uint64_t level) noexcept {
  const std::uint64_t octave = std::uint64_t{1} << (level / 2);
  return level % 2 == 0 ? octave : octave + octave / 2;
}

// A hash and a weight in one word: the hash without its ten lowest bits, and there the weight,
// less a sixteenth of it at most.
class HashAndWeight {
 public:
  HashAndWeight() = default;
  HashAndWeight(std::uint64_t hash, std::uint64_t weight) noexcept
      : bits_((hash & ~kCodeMask) | code(weight)) {}
  explicit HashAndWeight(std::uint64_t bits) noexcept : bits_(bits) {}

  [[nodiscard]] std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] std::uint64_t hash() const noexcept { return bits_ & ~kCodeMask; }
  [[nodiscard]] std::uint64_t weight() const noexcept {
    const std::uint64_t exponent = (bits_ & kCodeMask) >> 4U;
    const std::uint64_t sixteenths = bits_ & 15U;
    return exponent < 5 ? bits_ & 31U : (16 + sixteenths) << (exponent - 5);
  }

 private:
  static constexpr std::uint64_t kCodeMask = 1023;

  // Below 32 the weight itself; above, the width and the four bits after the first.
  static std::uint64_t code(std::uint64_t weight) noexcept {
    const auto width = static_cast<std::uint64_t>(std::bit_width(weight));
    return weight < 32 ? weight : (width << 4U) | ((weight >> (width - 5)) & 15U);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace larder::memory

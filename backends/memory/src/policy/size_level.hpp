// Weights in half octaves: what the policy's lists and samples know of an entry's size.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace larder::memory {

// Level 0 holds all below 1.5 bytes, level 63 all from 3 GiB on.
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

}  // namespace larder::memory

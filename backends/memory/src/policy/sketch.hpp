// How often keys were asked for lately, roughly: a count-min sketch of 4-bit counters whose
// four counters for one key lie in one cache line. Counts are halved bit by bit, so that no
// single call pays for the whole table.
//
// Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace larder::memory {

class Sketch {
 public:
  static constexpr unsigned kCountMax = 15;

  // Makes it fit for that many keys, and keeps what it knows.
  void reserve(std::size_t keys);

  void add(std::uint64_t hash, unsigned times) noexcept;
  // From 0 to kCountMax; sometimes too high, too low only by the halving.
  [[nodiscard]] unsigned count(std::uint64_t hash) const noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return lines_.capacity() * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };

  void halve_next() noexcept;

  std::vector<Line> lines_ = std::vector<Line>(1);
  unsigned until_halving_ = kAddsPerHalving;
  std::size_t next_halved_ = 0;

  // A line has 128 counters for 16 keys. Each key counts ten times on average before it is halved.
  static constexpr std::size_t kKeysPerLine = 16;
  static constexpr unsigned kAddsPerHalving = 10 * kKeysPerLine;
};

}  // namespace larder::memory

// How often keys were asked for lately, roughly: a count-min sketch of 4-bit counters whose
// four counters for one key lie in one cache line. Counts are halved bit by bit, so that no
// single call pays for the whole table.
//
// Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pages.hpp"

namespace larder::memory {

class Sketch {
 public:
  static constexpr unsigned kCountMax = 15;

  // Makes it fit for that many keys, and keeps what it knows.
  void reserve(std::size_t keys);

  void add(std::uint64_t hash, unsigned times) noexcept;
  // From 0 to kCountMax; sometimes too high, too low only by the halving.
  [[nodiscard]] unsigned count(std::uint64_t hash) const noexcept;

  // Begins to bring a key's counters into the processor's cache.
  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&lines_[index_of(hash)]); }

  [[nodiscard]] std::size_t bytes() const noexcept { return lines_.bytes(); }

 private:
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };

  // Other bits than what the evicted keys use of the same hash.
  static std::uint64_t mixed(std::uint64_t hash) noexcept {
    hash *= 0xd6e8feb86659fd93;
    return hash ^ (hash >> 32U);
  }
  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept {
    return (mixed(hash) >> kPlaceBits) & (lines_.size() - 1);
  }
  void halve_next() noexcept;

  ZeroTable<Line> lines_{1};
  unsigned until_halving_ = kAddsPerHalving;
  std::size_t next_halved_ = 0;

  // A line has 128 counters for 16 keys. Each key counts ten times on average before it is halved.
  static constexpr std::size_t kKeysPerLine = 16;
  // The bits of a mixed hash that choose its counters in a line: five for each of four rows.
  static constexpr unsigned kRows = 4;
  static constexpr unsigned kPlaceBits = 5 * kRows;
  static constexpr unsigned kAddsPerHalving = 10 * kKeysPerLine;
};

}  // namespace larder::memory

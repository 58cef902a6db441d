#include "sketch.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace larder::memory {
namespace {

constexpr std::uint64_t kLowestBits = 0x1111111111111111;

// Row r has two words of the line, 32 counters; five bits choose one.
struct Place {
  unsigned word;
  unsigned shift;
};
Place place(std::uint64_t mixed_hash, unsigned row) noexcept {
  const auto bits = static_cast<unsigned>(mixed_hash >> (5 * row)) & 31U;
  return {.word = (2 * row) + (bits >> 4U), .shift = (bits & 15U) * 4};
}

}  // namespace

void Sketch::reserve(std::size_t keys) {
  if (keys <= lines_.size() * kKeysPerLine) {
    return;
  }
  const std::size_t wanted = std::bit_ceil((keys + kKeysPerLine - 1) / kKeysPerLine);
  // A key's counters are in several places then; what is wrong there is halved away.
  ZeroTable<Line> grown(wanted);
  for (std::size_t at = 0; at < wanted; ++at) {
    grown[at] = lines_[at & (lines_.size() - 1)];
  }
  lines_ = std::move(grown);
}

void Sketch::add(std::uint64_t hash, unsigned times) noexcept {
  Line& line = lines_[index_of(hash)];
  hash = mixed(hash);
  for (unsigned row = 0; row < kRows; ++row) {
    const auto [word, shift] = place(hash, row);
    const unsigned count = (line.words[word] >> shift) & kCountMax;
    const unsigned more = std::min(times, kCountMax - count);
    line.words[word] += std::uint64_t{more} << shift;
  }
  if (until_halving_ <= times) {
    until_halving_ += kAddsPerHalving;
    halve_next();
  }
  until_halving_ -= times;
}

unsigned Sketch::count(std::uint64_t hash) const noexcept {
  const Line& line = lines_[index_of(hash)];
  hash = mixed(hash);
  unsigned least = kCountMax;
  for (unsigned row = 0; row < kRows; ++row) {
    const auto [word, shift] = place(hash, row);
    least = std::min(least, static_cast<unsigned>(line.words[word] >> shift) & kCountMax);
  }
  return least;
}

void Sketch::halve_next() noexcept {
  for (std::uint64_t& word : lines_[next_halved_].words) {
    word = (word >> 1U) & ~(kLowestBits << 3U);
  }
  next_halved_ = (next_halved_ + 1) & (lines_.size() - 1);
}

}  // namespace larder::memory

#include "shadows.hpp"

#include <algorithm>

#include "policy.hpp"

namespace larder::memory {
namespace {

// What a shadow cache takes beside its cells, and for each: the cell, its bucket, and its part
// of the sketch and of the evicted keys, each up to twice what is needed.
constexpr std::size_t kBytesFixed = sizeof(ShadowCache) + 128;
constexpr std::size_t kBytesPerCell = 32 + 8 + 8 + 8;
constexpr std::size_t kShareOfStore = 16;

// Fewer entries tell too little: chance would choose.
constexpr std::size_t kEntriesMin = 100;

// Another rule must miss that much less to be followed: no flapping between equals.
constexpr double kBetter = 0.99;
// What is left of a miss's weight at the next choice.
constexpr double kDecay = 0.95;

std::size_t cells_for(std::size_t bytes_max) {
  const std::size_t bytes =
      std::clamp(bytes_max / kShareOfStore, Policy::kShadowBytesMin, Policy::kShadowBytesMax);
  std::size_t units = 0;
  for (const Shadows::Candidate& candidate : Shadows::kCandidates) {
    units += candidate.cells;
  }
  return (bytes - Shadows::kCandidates.size() * kBytesFixed) / (units * kBytesPerCell);
}

}  // namespace

void Shadows::fit(std::size_t entries, std::size_t bytes_max) {
  const std::size_t cells = cells_for(bytes_max);
  const bool wanted = entries >= kEntriesMin;
  unsigned shift = 0;
  while (wanted && entries >> shift > cells) {
    ++shift;
  }
  const bool fits = bytes_max == bytes_max_ && wanted != caches_.empty() &&
                    (caches_.empty() || shift == shift_ || shift + 1 == shift_);
  if (fits) {
    return;
  }
  bytes_max_ = bytes_max;
  shift_ = shift;
  mask_ = wanted ? (std::uint64_t{1} << shift) - 1 : kMaskOff;
  caches_.clear();
  misses_.fill(0);
  cells_ = wanted ? cells : 0;
  until_choice_ = cells;
  for (const Candidate& candidate : kCandidates) {
    if (wanted) {
      caches_.push_back(std::make_unique<ShadowCache>(candidate.cells * cells, bytes_max >> shift,
                                                      seed_, candidate.rule));
    }
  }
}

void Shadows::access(HashAndWeight read) {
  for (std::size_t at = 0; at < caches_.size(); ++at) {
    misses_[at] += caches_[at]->access(read) ? 0 : 1;
  }
  if (!caches_.empty() && --until_choice_ == 0) {
    until_choice_ = cells_;
    choose();
  }
}

void Shadows::choose() noexcept {
  const auto least = static_cast<std::size_t>(std::ranges::min_element(misses_) - misses_.begin());
  if (misses_[least] < kBetter * misses_[best_]) {
    best_ = least;
  }
  for (double& misses : misses_) {
    misses *= kDecay;
  }
}

void Shadows::erase(std::uint64_t hash) noexcept {
  for (const auto& cache : caches_) {
    cache->erase(hash);
  }
}

std::size_t Shadows::bytes() const noexcept {
  std::size_t total = 0;
  for (const auto& cache : caches_) {
    total += cache->bytes();
  }
  return total;
}

}  // namespace larder::memory

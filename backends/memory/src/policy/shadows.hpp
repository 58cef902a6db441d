// Which rule the store should follow: a few shadow caches try one each on a sample of the keys,
// and the one that missed least lately is right.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "queues.hpp"
#include "shadow_cache.hpp"

namespace larder::memory {

class Shadows {
 public:
  struct Candidate {
    Rule rule;
    std::size_t cells;  // in units of what the first has
  };
  // The first is the rule of a store that has no shadows. The others won where it is weak:
  // loops, interest that moves on, sizes that differ. The last keeps more entries in as many
  // bytes.
  static constexpr std::array kCandidates = {
      Candidate{{Order::contest, 10}, 1}, Candidate{{Order::popularity, 1}, 1},
      Candidate{{Order::age, 60}, 1}, Candidate{{Order::size, 10}, 3}};

  explicit Shadows(std::uint64_t seed) : seed_(seed) {}

  // Fits the sample to a store of that many entries in `bytes_max` bytes. Where it must be
  // another one than it was, all shadows start anew.
  void fit(std::size_t entries, std::size_t bytes_max);

  // A read or an insertion of a sampled key.
  void access(HashAndWeight read);
  void erase(std::uint64_t hash) noexcept;

  // The sample: keys whose masked bits of the hash are 0.
  [[nodiscard]] std::uint64_t mask() const noexcept { return mask_; }
  [[nodiscard]] Rule best() const noexcept { return kCandidates[best_].rule; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  // No key is sampled.
  static constexpr std::uint64_t kMaskOff = ~std::uint64_t{0};

  void choose() noexcept;

  std::uint64_t seed_;
  std::vector<std::unique_ptr<ShadowCache>> caches_;
  std::size_t cells_ = 0;  // of the first
  std::size_t bytes_max_ = 0;
  unsigned shift_ = 0;  // one key in 2^shift_ is sampled
  std::uint64_t mask_ = kMaskOff;
  std::array<double, kCandidates.size()> misses_{};
  std::size_t best_ = 0;
  std::size_t until_choice_ = 0;
};

}  // namespace larder::memory

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
  // The first is the rule of a store that has no shadows. The others won where it is weak:
  // loops and stable popularity, recency, sizes that differ.
  static constexpr std::array kRules = {Rule{Order::age, 10}, Rule{Order::popularity, 10},
                                        Rule{Order::popularity, 1}, Rule{Order::age, 60},
                                        Rule{Order::size, 10}};

  explicit Shadows(std::uint64_t seed) : seed_(seed) {}

  // Fits the sample to a store of that many entries in `bytes_max` bytes. Where it must be
  // another one than it was, all shadows start anew. True if so.
  bool fit(std::size_t entries, std::size_t bytes_max);

  // A read or an insertion of a sampled key.
  void access(HashAndWeight read);
  void erase(std::uint64_t hash) noexcept;

  // The sample: keys whose masked bits of the hash are 0.
  [[nodiscard]] std::uint64_t mask() const noexcept { return mask_; }
  [[nodiscard]] Rule best() const noexcept { return kRules[best_]; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  // No key is sampled.
  static constexpr std::uint64_t kMaskOff = ~std::uint64_t{0};

  void choose() noexcept;

  std::uint64_t seed_;
  std::vector<std::unique_ptr<ShadowCache>> caches_;
  std::size_t cells_ = 0;  // of each
  std::size_t bytes_max_ = 0;
  unsigned shift_ = 0;  // one key in 2^shift_ is sampled
  std::uint64_t mask_ = kMaskOff;
  std::array<double, kRules.size()> misses_{};
  std::size_t best_ = 0;
  std::size_t until_choice_ = 0;
};

}  // namespace larder::memory

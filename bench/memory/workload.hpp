// What every store in the comparison is asked: keys of 16 bytes, chosen by a Zipf law of 0.99
// whose ranks are scattered over the keys, drawn before anything is measured.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <larder/key.hpp>

namespace bench {

constexpr std::size_t kKeys = 1'000'000;
constexpr std::size_t kKeyBytes = 16;
constexpr double kZipf = 0.99;

inline std::vector<larder::Key> make_keys() {
  std::vector<larder::Key> keys;
  keys.reserve(kKeys);
  for (std::size_t i = 0; i < kKeys; ++i) {
    char id[kKeyBytes];
    std::snprintf(id, sizeof id, "%014zx", i * 0x9e3779b97f4a7c15U >> 8U);
    keys.push_back(larder::Key::literal("b", std::string_view(id, kKeyBytes - 2)));
  }
  return keys;
}

// Which key each request is for.
class Zipf {
 public:
  explicit Zipf(std::uint32_t seed) : shuffled_(kKeys), sums_(kKeys) {
    std::mt19937 random(seed);
    std::iota(shuffled_.begin(), shuffled_.end(), 0U);
    std::ranges::shuffle(shuffled_, random);
    double sum = 0;
    for (std::size_t rank = 0; rank < kKeys; ++rank) {
      sum += std::pow(static_cast<double>(rank + 1), -kZipf);
      sums_[rank] = sum;
    }
  }

  [[nodiscard]] std::vector<larder::Key> draw(const std::vector<larder::Key>& keys,
                                              std::size_t count, std::uint32_t seed) const {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0, sums_.back());
    std::vector<larder::Key> stream;
    stream.reserve(count);
    while (stream.size() < count) {
      const auto rank = std::ranges::lower_bound(sums_, uniform(random)) - sums_.begin();
      stream.push_back(keys[shuffled_[std::min(static_cast<std::size_t>(rank), kKeys - 1)]]);
    }
    return stream;
  }

 private:
  std::vector<std::uint32_t> shuffled_;
  std::vector<double> sums_;
};

}  // namespace bench

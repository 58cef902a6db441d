// SipHash: a keyed hash that an attacker who picks the keys cannot steer without knowing
// ours, so no one can flood one bucket. Source: Aumasson and Bernstein, "SipHash: a fast
// short-input PRF", 2012. The store uses SipHash-1-3; the paper's test vector is for 2-4,
// hence the rounds are parameters.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <larder/key.hpp>

namespace larder::memory {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

struct SipKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

class SipState {
 public:
  explicit SipState(SipKey key) noexcept
      : v0_(key.first ^ 0x736f6d6570736575U),
        v1_(key.second ^ 0x646f72616e646f6dU),
        v2_(key.first ^ 0x6c7967656e657261U),
        v3_(key.second ^ 0x7465646279746573U) {}

  void absorb(std::uint64_t word, int rounds) noexcept {
    v3_ ^= word;
    mix(rounds);
    v0_ ^= word;
  }

  [[nodiscard]] std::uint64_t finish(int rounds) noexcept {
    v2_ ^= 0xff;
    mix(rounds);
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void mix(int rounds) noexcept {
    for (int round = 0; round < rounds; ++round) {
      v0_ += v1_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v3_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ += v3_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ += v1_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
};

template <int kRounds, int kFinishRounds>
[[nodiscard]] std::uint64_t siphash(SipKey key, std::string_view text) noexcept {
  SipState state(key);
  const std::uint64_t length = text.size();
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    state.absorb(word, kRounds);
    text.remove_prefix(sizeof(word));
  }
  std::uint64_t last = 0;
  if (!text.empty()) {
    std::memcpy(&last, text.data(), text.size());
  }
  state.absorb(last | (length << 56U), kRounds);
  return state.finish(kFinishRounds);
}

// For maps by Key.
struct KeyHash {
  SipKey key;

  std::uint64_t operator()(const Key& name) const noexcept {
    return siphash<1, 3>(key, name.text());
  }
};

}  // namespace larder::memory

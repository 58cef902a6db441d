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

  template <int kRounds>
  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    mix<kRounds>();
    v0_ ^= word;
  }

  template <int kRounds>
  [[nodiscard]] std::uint64_t finish() noexcept {
    v2_ ^= 0xff;
    mix<kRounds>();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  template <int kRounds>
  void mix() noexcept {
    for (int round = 0; round < kRounds; ++round) {
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

// Inline, since every hit computes one and a store's keys are short.
template <int kRounds, int kFinishRounds>
[[nodiscard]] inline std::uint64_t siphash(SipKey key, std::string_view text) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto load = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, kWord);
    return word;
  };
  SipState state(key);
  const char* at = text.data();
  const char* const end = at + text.size();
  const std::size_t rest = text.size() % kWord;
  for (; at != end - rest; at += kWord) {
    state.absorb<kRounds>(load(at));
  }
  std::uint64_t last = std::uint64_t{text.size()} << 56U;
  if (rest != 0 && text.size() > kWord) {
    // The last word, without what of it was absorbed already.
    last |= load(end - kWord) >> (8 * (kWord - rest));
  } else {
    for (std::size_t i = 0; i < rest; ++i) {
      last |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    }
  }
  state.absorb<kRounds>(last);
  return state.finish<kFinishRounds>();
}

// For maps by Key.
struct KeyHash {
  SipKey key;

  std::uint64_t operator()(const Key& name) const noexcept {
    return siphash<1, 3>(key, name.text());
  }
};

}  // namespace larder::memory

// Random 64-bit numbers for epochs and log ids: SipHash of a counter under a random key.
// Any thread; no lock, no system call.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <string_view>

#include "siphash.hpp"

namespace larder::memory {

[[nodiscard]] inline SipKey random_sip_key() {
  std::random_device device;
  const auto word = [&device] { return (std::uint64_t{device()} << 32U) | device(); };
  const std::uint64_t first = word();
  return SipKey{.first = first, .second = word()};
}

class Random {
 public:
  // Never zero, since zero stands for "none" in positions of logs.
  [[nodiscard]] std::uint64_t next() noexcept {
    const std::uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
    const std::string_view bytes(reinterpret_cast<const char*>(&turn), sizeof(turn));
    const std::uint64_t number = siphash<2, 4>(key_, bytes);
    return number == 0 ? 1 : number;
  }

 private:
  SipKey key_ = random_sip_key();
  std::atomic<std::uint64_t> turn_{0};
};

}  // namespace larder::memory

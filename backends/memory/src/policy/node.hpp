// What the eviction policy keeps in front of each entry: 20 bytes.
//
// Threads: `hits` is touched by readers without a lock; all else belongs to whoever holds the
// lock of the policy.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::memory {

class PolicyNode {
 public:
  // More reads than this between two looks of the policy count as this many.
  static constexpr std::uint8_t kHitsMax = 3;

  PolicyNode() = default;
  PolicyNode(const PolicyNode&) = delete;
  PolicyNode& operator=(const PolicyNode&) = delete;

  // Counts a read. Two readers at once may count as one: that costs accuracy, not correctness,
  // and saves the locked instruction. No branch: it could not be predicted, and its line comes
  // from memory, so that the processor would have gone on with the next read in vain.
  void hit() noexcept {
    const std::uint8_t hits = hits_.load(std::memory_order_relaxed);
    hits_.store(static_cast<std::uint8_t>(hits + (hits < kHitsMax ? 1 : 0)),
                std::memory_order_relaxed);
  }

  // Whether the policy has it: added, and neither removed nor let go as a victim since.
  [[nodiscard]] bool queued() const noexcept { return queue_ != kNoQueue; }

 private:
  friend class NodeList;
  friend class Queues;

  static constexpr std::uint8_t kNoQueue = 255;

  // A link is 48 bits of an address, as user space has on x86-64 and AArch64.
  static std::uint64_t address(std::uint32_t low, std::uint16_t high) noexcept {
    return (std::uint64_t{high} << 32U) | low;
  }
  [[nodiscard]] PolicyNode* newer() const noexcept {
    return reinterpret_cast<PolicyNode*>(address(newer_low_, newer_high_));
  }
  [[nodiscard]] PolicyNode* older() const noexcept {
    return reinterpret_cast<PolicyNode*>(address(older_low_, older_high_));
  }
  void newer(const PolicyNode* node) noexcept {
    const auto bits = reinterpret_cast<std::uintptr_t>(node);
    newer_low_ = static_cast<std::uint32_t>(bits);
    newer_high_ = static_cast<std::uint16_t>(bits >> 32U);
  }
  void older(const PolicyNode* node) noexcept {
    const auto bits = reinterpret_cast<std::uintptr_t>(node);
    older_low_ = static_cast<std::uint32_t>(bits);
    older_high_ = static_cast<std::uint16_t>(bits >> 32U);
  }

  std::uint32_t newer_low_ = 0;
  std::uint32_t older_low_ = 0;
  std::uint16_t newer_high_ = 0;
  std::uint16_t older_high_ = 0;
  std::uint32_t ticket_ = 0;            // when it was queued; wraps, so it is compared by distance
  std::atomic<std::uint8_t> hits_ = 0;  // reads since the policy looked last
  std::uint8_t uses_ = 0;               // reads the policy has seen
  std::uint8_t queue_ = kNoQueue;       // small, main, or none
  std::uint8_t level_ = 0;              // its list in that queue: see size_level.hpp
};
static_assert(sizeof(PolicyNode) == 20);

// What is to go, with the hash of its key, and was let go already. Without a node: none.
struct Victim {
  PolicyNode* node = nullptr;
  std::uint64_t hash = 0;
};

}  // namespace larder::memory

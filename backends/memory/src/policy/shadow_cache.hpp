// A tiny cache without values that follows one rule: told of a sample of the keys, it misses
// about as often as the whole store would under that rule.
//
// Source of the method: Waldspurger et al., "Cache Modeling and Optimization using Miniature
// Simulations", ATC 2017.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "owner.hpp"
#include "queues.hpp"
#include "size_level.hpp"

namespace larder::memory {

class ShadowCache final : private PolicyOwner {
 public:
  // `cells`: the most entries; `bytes_max`: the most they may weigh.
  ShadowCache(std::size_t cells, std::size_t bytes_max, std::uint64_t seed, Rule rule);

  // True for a hit; what it missed is there afterwards.
  bool access(HashAndWeight read);
  // Forgets a key, if it has it.
  void erase(std::uint64_t hash) noexcept;

  [[nodiscard]] Rule rule() const noexcept { return queues_.rule(); }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Cell {
    PolicyNode node;  // first: a node's address is its cell's
    std::uint32_t next = kNone;
    HashAndWeight key;
  };

  [[nodiscard]] std::uint64_t hash(const PolicyNode& node) const noexcept override;
  [[nodiscard]] std::size_t weight(const PolicyNode& node) const noexcept override;
  [[nodiscard]] const Cell& cell_of(const PolicyNode& node) const noexcept;

  [[nodiscard]] std::uint32_t& bucket(std::uint64_t hash) noexcept;
  [[nodiscard]] std::uint32_t find(std::uint64_t hash) noexcept;
  void unlink(std::uint32_t at) noexcept;

  std::size_t bytes_max_;
  Queues queues_;
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> buckets_;
  std::uint32_t free_ = kNone;  // a chain through `next`
};

}  // namespace larder::memory

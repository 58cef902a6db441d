// What the eviction policy asks of whoever holds the entries.
#pragma once

#include <cstddef>
#include <cstdint>

#include "node.hpp"

namespace larder::memory {

// Asked about nodes that the policy holds, under its lock. The answers of one node never change.
struct PolicyOwner {
  // 64 bits of the entry's keyed hash; all bits must be good.
  [[nodiscard]] virtual std::uint64_t hash(const PolicyNode& node) const noexcept = 0;
  // What the entry is charged, in bytes.
  [[nodiscard]] virtual std::size_t weight(const PolicyNode& node) const noexcept = 0;

 protected:
  ~PolicyOwner() = default;
};

}  // namespace larder::memory

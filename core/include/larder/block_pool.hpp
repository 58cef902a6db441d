// BlockPool: memory for blocks that a store manages itself, instead of the heap's.
//
// A store of millions of entries knows better than a general allocator what they need: huge
// pages, few bytes beside each, and memory that comes back when they end. Blocks may outlive
// the store, and their pool does so with them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder {

// Any thread. Implemented by stores.
class BlockPool {
 public:
  // All memory of a pool lies in regions of so many bytes, aligned to as many, whose first word
  // is the address of the pool: a block needs no pointer to it.
  static constexpr std::size_t kRegionBytes = std::size_t{4} << 20;

  // Of what it hands out.
  static constexpr std::size_t kAlignment = 4;

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // Null where the pool has none, or the block is too large for it: take
  // the heap's then.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) noexcept = 0;
  virtual void free(void* memory) noexcept = 0;

  // The pool that memory is from.
  [[nodiscard]] static BlockPool& of(const void* memory) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    return **reinterpret_cast<BlockPool**>(address & ~(std::uintptr_t{kRegionBytes} - 1));
  }

 protected:
  ~BlockPool() = default;
};

}  // namespace larder

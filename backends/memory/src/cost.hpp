// What things cost in memory, as glibc's allocator hands it out. What the store keeps outside
// its own pool and tables is charged by these, so that its bound is one of real bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <larder/packed_entry.hpp>

namespace larder::memory {

// An allocation of `size` bytes: 8 bytes of header, in steps of 16, at least 32.
[[nodiscard]] constexpr std::size_t heap_bytes(std::size_t size) noexcept {
  return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

// What a string of this size owns outside itself; libstdc++ keeps up to 15 bytes inside.
[[nodiscard]] constexpr std::size_t text_bytes(std::size_t size) noexcept {
  return size <= 15 ? 0 : heap_bytes(size + 1);
}

// What a Bytes that owns exactly its view costs outside itself.
[[nodiscard]] constexpr std::size_t payload_bytes(std::size_t size) noexcept {
  return size == 0 ? 0 : heap_bytes(sizeof(SharedBlock) + sizeof(std::string)) + text_bytes(size);
}

// A packed entry, with all it owns.
[[nodiscard]] inline std::size_t entry_bytes(const PackedEntry& entry) noexcept {
  return heap_bytes(entry.bytes());
}

}  // namespace larder::memory

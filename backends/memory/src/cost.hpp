// What things cost in memory, as glibc's allocator hands it out. Everything the store keeps
// is charged by these, so that its bound is one of real bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <larder/entry.hpp>

namespace larder::memory {

// An allocation of `size` bytes: 8 bytes of header, in steps of 16, at least 32.
[[nodiscard]] constexpr std::size_t heap_bytes(std::size_t size) noexcept {
  return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

// A control block of std::make_shared beside its object.
inline constexpr std::size_t kSharedHeader = 16;

// What a string of this size owns outside itself; libstdc++ keeps up to 15 bytes inside.
[[nodiscard]] constexpr std::size_t text_bytes(std::size_t size) noexcept {
  return size <= 15 ? 0 : heap_bytes(size + 1);
}

// What a Bytes that owns exactly its view costs outside itself.
[[nodiscard]] constexpr std::size_t payload_bytes(std::size_t size) noexcept {
  return size == 0 ? 0 : heap_bytes(kSharedHeader + sizeof(std::string)) + text_bytes(size);
}

// A shared, immutable Entry with all it owns.
[[nodiscard]] inline std::size_t entry_bytes(const Entry& entry) noexcept {
  std::size_t bytes = heap_bytes(kSharedHeader + sizeof(Entry)) +
                      text_bytes(entry.key.text().size()) + payload_bytes(entry.value.size());
  if (!entry.epochs.empty()) {
    bytes += heap_bytes(entry.epochs.size() * sizeof(TagEpoch));
  }
  for (const TagEpoch& epoch : entry.epochs) {
    bytes += text_bytes(epoch.tag.text().size());
  }
  return bytes;
}

}  // namespace larder::memory

// Stored: what the store keeps of an entry, in front of it in the same allocation. 32 bytes,
// so that it and the first half of the entry's header mostly share a cache line.
//
// A copy that the store keeps for another one (LocalStore) has its Origin in front of that.
//
// Threads: the end is guarded by the lock of the entry's bucket, the node by what node.hpp
// says; all else is written before the entry is published and never again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <larder/packed_entry.hpp>

#include "policy/node.hpp"
#include "pool/entry_pool.hpp"

namespace larder::memory {

class Stored {
 public:
  static constexpr std::uint64_t kVersionMax = (std::uint64_t{1} << 48) - 1;
  static constexpr std::uint64_t kEndMax = (std::uint64_t{1} << 48) - 1;

  Stored(std::uint64_t version, std::uint64_t ends) noexcept
      : version_low_(static_cast<std::uint32_t>(version)),
        version_high_(static_cast<std::uint16_t>(version >> 32U)) {
    set_ends(ends);
  }

  [[nodiscard]] static Stored& of(const PackedEntry& entry) noexcept {
    return *std::launder(reinterpret_cast<Stored*>(place(entry)));
  }
  [[nodiscard]] static Stored& of(PolicyNode& node) noexcept {
    return *reinterpret_cast<Stored*>(&node);
  }
  [[nodiscard]] static const Stored& of(const PolicyNode& node) noexcept {
    return *reinterpret_cast<const Stored*>(&node);
  }
  [[nodiscard]] static std::byte* place(const PackedEntry& entry) noexcept;

  [[nodiscard]] const PackedEntry& entry() const noexcept {
    return *reinterpret_cast<const PackedEntry*>(reinterpret_cast<const std::byte*>(this) +
                                                 sizeof(Stored));
  }
  [[nodiscard]] PolicyNode& node() noexcept { return node_; }
  [[nodiscard]] const PolicyNode& node() const noexcept { return node_; }

  // Of the write that stored it.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return (std::uint64_t{version_high_} << 32U) | version_low_;
  }
  // When it goes, in the store's units of time.
  [[nodiscard]] std::uint64_t ends() const noexcept {
    return (std::uint64_t{ends_high_} << 32U) | ends_low_;
  }
  void set_ends(std::uint64_t ends) noexcept {
    ends_low_ = static_cast<std::uint32_t>(ends);
    ends_high_ = static_cast<std::uint16_t>(ends >> 32U);
  }

 private:
  PolicyNode node_;  // first, so that a node's address is that of its Stored
  std::uint32_t version_low_;
  std::uint32_t ends_low_ = 0;
  std::uint16_t version_high_;
  std::uint16_t ends_high_ = 0;
};
static_assert(sizeof(Stored) == 32 && alignof(Stored) <= BlockPool::kAlignment);

// Where a copy is from: how the other store answers for it.
struct Origin {
  Version version{};
  std::uint64_t life_ends = 0;  // in this store's units of time
};

constexpr std::size_t kOwnPrefix = sizeof(Stored);
constexpr std::size_t kCopyPrefix = sizeof(Origin) + sizeof(Stored);

inline std::byte* Stored::place(const PackedEntry& entry) noexcept {
  return entry.prefix() + entry.prefix_bytes() - sizeof(Stored);
}

[[nodiscard]] inline bool is_copy(const PackedEntry& entry) noexcept {
  return entry.prefix_bytes() == kCopyPrefix;
}
// Of a copy. Entries are aligned to 4 bytes, hence as bytes.
[[nodiscard]] inline Origin origin_of(const PackedEntry& entry) noexcept {
  Origin origin;
  std::memcpy(&origin, entry.prefix(), sizeof origin);
  return origin;
}
inline void set_origin(const PackedEntry& entry, Origin origin) noexcept {
  std::memcpy(entry.prefix(), &origin, sizeof origin);
}

// What the entry is charged.
[[nodiscard]] inline std::size_t weight_of(const PackedEntry& entry) noexcept {
  return EntryPool::block_bytes(entry.bytes());
}

}  // namespace larder::memory

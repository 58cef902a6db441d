// PackedEntry: an Entry as it is kept and handed out: one immutable block of memory.
//
// Header, key, tags and value lie in one allocation, so a store of millions pays for one,
// a hit copies nothing, and whoever holds an EntryRef may read it after the store has
// dropped it. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <larder/block_pool.hpp>
#include <larder/bytes.hpp>
#include <larder/entry.hpp>
#include <larder/shared.hpp>

namespace larder {

class PackedEntry;
using EntryRef = SharedRef<PackedEntry>;

class PackedEntry final : public SharedBlock {
 public:
  // What a store may put in front of the entry, in the same allocation (see prefix()). A
  // multiple of 8.
  static constexpr std::size_t kPrefixBytesMax = 248;

  // Copies all parts. Durations are clamped as Life::clamped() says and saturate at 2^40 ms,
  // above Life::kTotalMax; a load cost saturates at 2^32 ms. At most Entry::kTagsMax tags
  // and 4 GiB of value, which every store checks before. In the pool where it has room, else
  // on the heap.
  [[nodiscard]] static EntryRef pack(const Entry& entry, std::size_t prefix_bytes = 0,
                                     BlockPool* pool = nullptr);

  // What pack() allocates for it.
  [[nodiscard]] static std::size_t bytes_for(const Entry& entry,
                                             std::size_t prefix_bytes = 0) noexcept;

  [[nodiscard]] std::string_view key_text() const noexcept { return {text(), key_size_}; }
  [[nodiscard]] std::string_view name_space() const noexcept { return {text(), namespace_size_}; }
  [[nodiscard]] Key key() const;
  [[nodiscard]] std::string_view value() const noexcept {
    return {text() + key_size_ + tags_size(), value_size_};
  }
  [[nodiscard]] Life life() const noexcept {
    const auto span = [](std::uint32_t low, std::uint8_t high) {
      return milliseconds(static_cast<std::int64_t>((std::uint64_t{high} << 32U) | low));
    };
    return Life{.fresh = span(fresh_low_, fresh_high_), .stale = span(stale_low_, stale_high_)};
  }
  [[nodiscard]] milliseconds load_cost() const noexcept { return milliseconds(load_cost_); }
  [[nodiscard]] bool has_tags() const noexcept { return tag_count_ != 0; }
  // The tags and the epochs they had before the load.
  [[nodiscard]] std::vector<TagEpoch> epochs() const;
  [[nodiscard]] Codec codec() const noexcept { return codec_; }
  [[nodiscard]] Presence presence() const noexcept { return presence_; }

  // All of it, taken apart. Copies.
  [[nodiscard]] Entry entry() const;

  // The store's own bytes in front, uninitialised at first and not counted as immutable:
  // whoever asked for them guards them.
  [[nodiscard]] std::byte* prefix() const noexcept {
    // The allocation is the store's and mutable; only the entry in it is not.
    return const_cast<std::byte*>(reinterpret_cast<const std::byte*>(this)) - prefix_bytes();
  }
  [[nodiscard]] std::size_t prefix_bytes() const noexcept { return std::size_t{prefix_units_} * 8; }
  // What was allocated, prefix included.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return prefix_bytes() + sizeof(PackedEntry) + key_size_ + tags_size() + value_size_;
  }

 private:
  friend class SharedBlock;

  static constexpr unsigned kKeySizeBits = 11;
  static constexpr unsigned kTagCountBits = 5;
  static_assert(Key::kNamespaceBytesMax + 1 + Key::kIdBytesMax < 1U << kKeySizeBits);
  static_assert(Entry::kTagsMax < 1U << kTagCountBits);
  using TagsSize = std::uint16_t;

  PackedEntry(BlockKind kind, const Entry& entry, std::size_t prefix_bytes) noexcept;
  ~PackedEntry() = default;
  static void destroy(const PackedEntry* entry) noexcept;

  [[nodiscard]] const char* text() const noexcept {
    return reinterpret_cast<const char*>(this) + sizeof(PackedEntry);
  }
  // Of the tags with their size in front; 0 without tags.
  [[nodiscard]] std::size_t tags_size() const noexcept {
    TagsSize size = 0;
    if (has_tags()) {
      std::memcpy(&size, text() + key_size_, sizeof size);
    }
    return size;
  }
  void write_text(const Entry& entry) noexcept;

  std::uint8_t prefix_units_;  // of 8 bytes
  Codec codec_ : 7;
  Presence presence_ : 1;
  std::uint8_t namespace_size_;
  std::uint16_t key_size_ : kKeySizeBits;
  std::uint16_t tag_count_ : kTagCountBits;
  // A life has 40 bits for each of its parts.
  std::uint8_t fresh_high_;
  std::uint8_t stale_high_;
  std::uint32_t value_size_;
  std::uint32_t load_cost_;
  std::uint32_t fresh_low_;
  std::uint32_t stale_low_;
};

// Each byte of it is paid for every entry.
static_assert(sizeof(PackedEntry) == 28);
static_assert(alignof(PackedEntry) <= BlockPool::kAlignment);

// The entry's value, sharing its block.
[[nodiscard]] Bytes value_of(const EntryRef& entry);

// An entry as read. `entry` is never null. `life_left` was measured by the store when it
// answered and is above zero, else the read was a miss.
struct Found {
  EntryRef entry;
  milliseconds life_left{0};
  Version version{};

  // Above zero: fresh for so long. Zero or below: stale for so long.
  [[nodiscard]] milliseconds fresh_left() const noexcept { return life_left - entry->life().stale; }
  [[nodiscard]] bool is_fresh() const noexcept { return fresh_left() > milliseconds(0); }
};

}  // namespace larder

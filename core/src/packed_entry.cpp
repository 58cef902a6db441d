#include <larder/packed_entry.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace larder {
namespace {

// A tag: its epoch, the size of its text, its text.
constexpr std::size_t kTagHeaderBytes = sizeof(Epoch) + sizeof(std::uint16_t);

std::size_t tags_bytes(const Entry& entry) noexcept {
  std::size_t bytes = entry.epochs.empty() ? 0 : sizeof(std::uint16_t);
  for (const TagEpoch& one : entry.epochs) {
    bytes += kTagHeaderBytes + one.tag.text().size();
  }
  return bytes;
}

char* put(char* at, const void* from, std::size_t size) noexcept {
  // An empty view may be null, which memcpy must not be given.
  if (size > 0) {
    std::memcpy(at, from, size);
  }
  return at + size;
}

template <typename T>
T take(const char*& at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

}  // namespace

std::size_t PackedEntry::bytes_for(const Entry& entry, std::size_t prefix_bytes) noexcept {
  return prefix_bytes + sizeof(PackedEntry) + entry.key.text().size() + tags_bytes(entry) +
         entry.value.size();
}

EntryRef PackedEntry::pack(const Entry& entry, std::size_t prefix_bytes, BlockPool* pool) {
  const std::size_t bytes = bytes_for(entry, prefix_bytes);
  void* memory = pool == nullptr ? nullptr : pool->allocate(bytes);
  const BlockKind kind = memory == nullptr ? BlockKind::entry : BlockKind::pooled_entry;
  if (memory == nullptr) {
    memory = ::operator new(bytes);
  }
  std::byte* place = static_cast<std::byte*>(memory) + prefix_bytes;
  return EntryRef::adopt(::new (place) PackedEntry(kind, entry, prefix_bytes));
}

PackedEntry::PackedEntry(BlockKind kind, const Entry& entry, std::size_t prefix_bytes) noexcept
    : SharedBlock(kind),
      prefix_units_(static_cast<std::uint8_t>(prefix_bytes / 8)),
      codec_(entry.codec),
      presence_(entry.presence),
      namespace_size_(static_cast<std::uint8_t>(entry.key.name_space().size())),
      key_size_(entry.key.text().size() & ((1U << kKeySizeBits) - 1)),
      tag_count_(entry.epochs.size() & ((1U << kTagCountBits) - 1)),
      value_size_(static_cast<std::uint32_t>(entry.value.size())),
      load_cost_(static_cast<std::uint32_t>(std::clamp<std::int64_t>(
          entry.load_cost.count(), 0, std::numeric_limits<std::uint32_t>::max()))) {
  constexpr std::uint64_t kSpanMax = (std::uint64_t{1} << 40U) - 1;
  const Life life = entry.life.clamped();
  const auto fresh = std::min(static_cast<std::uint64_t>(life.fresh.count()), kSpanMax);
  const auto stale = std::min(static_cast<std::uint64_t>(life.stale.count()), kSpanMax);
  fresh_high_ = static_cast<std::uint8_t>(fresh >> 32U);
  stale_high_ = static_cast<std::uint8_t>(stale >> 32U);
  fresh_low_ = static_cast<std::uint32_t>(fresh);
  stale_low_ = static_cast<std::uint32_t>(stale);
  write_text(entry);
}

void PackedEntry::write_text(const Entry& entry) noexcept {
  char* at = reinterpret_cast<char*>(this) + sizeof(PackedEntry);
  at = put(at, entry.key.text().data(), key_size_);
  if (has_tags()) {
    const auto size = static_cast<TagsSize>(tags_bytes(entry));
    at = put(at, &size, sizeof size);
  }
  for (const TagEpoch& one : entry.epochs) {
    const auto size = static_cast<std::uint16_t>(one.tag.text().size());
    at = put(at, &one.epoch, sizeof one.epoch);
    at = put(at, &size, sizeof size);
    at = put(at, one.tag.text().data(), size);
  }
  put(at, entry.value.view().data(), value_size_);
}

void PackedEntry::destroy(const PackedEntry* entry) noexcept {
  const std::size_t size = entry->bytes();
  const bool pooled = entry->kind() == BlockKind::pooled_entry;
  std::byte* memory = entry->prefix();
  entry->~PackedEntry();
  if (pooled) {
    BlockPool::of(memory).free(memory);
  } else {
    ::operator delete(memory, size);
  }
}

// A key that was packed once is valid.
Key PackedEntry::key() const { return *Key::parse(key_text()); }

std::vector<TagEpoch> PackedEntry::epochs() const {
  std::vector<TagEpoch> epochs;
  epochs.reserve(tag_count_);
  const char* at = text() + key_size_ + sizeof(TagsSize);
  for (std::uint8_t i = 0; i < tag_count_; ++i) {
    const auto epoch = take<Epoch>(at);
    const auto size = take<std::uint16_t>(at);
    epochs.push_back(TagEpoch{.tag = *Key::parse({at, size}), .epoch = epoch});
    at += size;
  }
  return epochs;
}

Entry PackedEntry::entry() const {
  return Entry{.key = key(),
               .value = Bytes::copy_of(value()),
               .life = life(),
               .load_cost = load_cost(),
               .epochs = epochs(),
               .codec = codec(),
               .presence = presence()};
}

Bytes value_of(const EntryRef& entry) {
  const PackedEntry* block = entry.get();
  return Bytes(SharedRef<SharedBlock>::share(block), block->value());
}

}  // namespace larder

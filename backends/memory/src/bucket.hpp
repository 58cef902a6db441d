// Bucket: one cache line of the index: seven slots, each the address of an entry and 16 bits
// of its key's hash, so that a search mostly touches no entry but the right one.
//
// Where seven are too few, the last slot links to a block of seven more. Blocks have the
// layout of a bucket; the lock of the first guards them all.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <larder/packed_entry.hpp>

#include "spin_lock.hpp"

namespace larder::memory {

// An address has 48 bits, as in user space on x86-64 and AArch64. Guarded by the bucket's lock.
class Slot {
 public:
  Slot() = default;
  Slot(std::uint16_t tag, const PackedEntry& entry) noexcept
      : bits_((std::uint64_t{tag} << kAddressBits) | reinterpret_cast<std::uintptr_t>(&entry)) {}

  // Never 0, which is the tag of what is free.
  [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint16_t>(hash >> kAddressBits) | 1U;
  }
  [[nodiscard]] bool free() const noexcept { return bits() == 0; }
  [[nodiscard]] std::uint16_t tag() const noexcept {
    return static_cast<std::uint16_t>(bits() >> kAddressBits);
  }
  [[nodiscard]] const PackedEntry* entry() const noexcept {
    return reinterpret_cast<const PackedEntry*>(bits() & kAddressMask);
  }

 private:
  friend class Bucket;
  static constexpr unsigned kAddressBits = 48;
  static constexpr std::uint64_t kAddressMask = (std::uint64_t{1} << kAddressBits) - 1;

  explicit Slot(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] std::uint64_t bits() const noexcept { return bits_; }

  std::uint64_t bits_ = 0;
};

class alignas(64) Bucket {
 public:
  static constexpr std::size_t kSlots = 7;
  static constexpr std::uint32_t kNeverDue = std::numeric_limits<std::uint32_t>::max();

  SpinLock& lock() noexcept { return lock_; }

  // A time before which none in it ends, in the index's ticks. Written under the lock.
  [[nodiscard]] std::uint32_t due() const noexcept { return due_.load(std::memory_order_relaxed); }
  void set_due(std::uint32_t tick) noexcept { due_.store(tick, std::memory_order_relaxed); }

  // ---- under the lock ----

  // Null where `matches(entry)` holds for none under this tag. All tags are compared at once:
  // a loop that ends where one fits ends where no processor can predict it, and stands still
  // until the line has come.
  template <typename Matches>
  [[nodiscard, gnu::always_inline]] Slot* find(std::uint16_t tag, Matches&& matches) noexcept {
    for (Bucket* block = this; block != nullptr; block = block->next()) {
      for (unsigned fitting = block->fitting(tag); fitting != 0; fitting &= fitting - 1) {
        Slot& slot = block->slots_[static_cast<std::size_t>(std::countr_zero(fitting))];
        if (matches(*slot.entry())) {
          return &slot;
        }
      }
    }
    return nullptr;
  }
  template <typename Visit>
  void each(Visit&& visit) {
    for (Bucket* block = this; block != nullptr; block = block->next()) {
      for (std::size_t i = 0; i < block->size(); ++i) {
        if (!block->slots_[i].free()) {
          visit(block->slots_[i]);
        }
      }
    }
  }
  // Each answers how many blocks it made, or freed.
  std::size_t add(Slot slot);
  std::size_t remove(Slot& slot) noexcept {
    slot = Slot();
    return chained_ ? compact() : 0;
  }
  // Fills holes that each() left by clearing slots.
  std::size_t compact() noexcept;
  // Frees the blocks; what the slots refer to is the caller's.
  void free_blocks() noexcept;

 private:
  [[nodiscard]] std::size_t size() const noexcept { return chained_ ? kSlots - 1 : kSlots; }
  [[nodiscard]] Bucket* next() const noexcept {
    return chained_ ? reinterpret_cast<Bucket*>(slots_.back().bits()) : nullptr;
  }
  // A bit for each slot with this tag. The link to a block has tag 0, as free slots do.
  [[nodiscard]] unsigned fitting(std::uint16_t tag) const noexcept {
    unsigned bits = 0;
    // What differs from the tag differs above the address.
    const std::uint64_t wanted = std::uint64_t{tag} << Slot::kAddressBits;
    for (std::size_t i = kSlots; i-- > 0;) {
      bits = 2 * bits + ((slots_[i].bits() ^ wanted) <= Slot::kAddressMask ? 1U : 0U);
    }
    return bits;
  }
  [[nodiscard]] Slot* hole() noexcept;
  void link(Bucket* block) noexcept;
  void unlink(Slot last) noexcept;

  SpinLock lock_;
  bool chained_ = false;
  std::atomic<std::uint32_t> due_{kNeverDue};
  std::array<Slot, kSlots> slots_{};
};
static_assert(sizeof(Bucket) == 64);

}  // namespace larder::memory

// Heap: hands out blocks of the regions it was given, and takes them back in any order.
//
// Two-level segregated fit: a list of free blocks for each class of sizes, and a bit for each
// list that is not empty, so that taking and giving back are a few steps however much is there.
// A block that is given back joins its free neighbours at once, so what is free is in few large
// pieces, whatever sizes the next entries have: classes of a fixed size, as slab allocators
// have, keep their memory when the sizes change.
//
// Of a block in use 8 bytes are the heap's: its size. Not thread-safe.
// Source: Masmano, Ripoll, Crespo, Real, "TLSF: a New Dynamic Memory Allocator for Real-Time
// Systems", ECRTS 2004.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace larder::memory {

class Heap {
 public:
  // Of a block with its header. Smaller rests stay with the block they are the rest of.
  static constexpr std::size_t kBlockMin = 32;
  static constexpr std::size_t kHeaderBytes = 8;
  static constexpr std::size_t kRegionMax = std::size_t{1} << 22;

  // What an allocation of `bytes` takes.
  [[nodiscard]] static constexpr std::size_t block_bytes(std::size_t bytes) noexcept {
    const std::size_t block = (bytes + kHeaderBytes + 7) / 8 * 8;
    return block < kBlockMin ? kBlockMin : block;
  }
  // The size of the free block that a region of so many bytes is when all of it is free.
  [[nodiscard]] static constexpr std::size_t whole_bytes(std::size_t region_bytes) noexcept {
    return region_bytes - kHeaderBytes;
  }

  // A region to hand out, aligned to 8 bytes, of kRegionMax at most.
  void add(std::span<std::byte> region) noexcept;

  // Aligned to 8 bytes; null where no block is large enough.
  [[nodiscard]] void* allocate(std::size_t bytes) noexcept;
  // Answers the free memory that it is part of now: neighbours were joined.
  std::span<std::byte> free(void* memory) noexcept;

  // Takes back a region that is free as a whole: the span that free() answered.
  void remove(std::span<std::byte> whole) noexcept;

  // Calls visit(inside) for free blocks of `bytes_min` or more that were not visited since they
  // were formed, `count` at most. What is inside may be overwritten.
  template <typename Visit>
  void visit_large(std::size_t bytes_min, std::size_t count, Visit&& visit);

 private:
  struct Block;
  struct Links {
    Block* next;
    Block* before;
  };

  // Classes of one size, in steps of 8, up to kLinear; then 32 for each octave.
  static constexpr std::size_t kLinear = 512;
  static constexpr std::size_t kLinearClasses = kLinear / 8;
  static constexpr unsigned kOctaveClasses = 32;
  static constexpr unsigned kOctaveBits = 5;
  static constexpr unsigned kFirstOctave = 9;
  static constexpr unsigned kLastOctave = std::bit_width(kRegionMax) - 1;
  static constexpr std::size_t kClasses =
      kLinearClasses + (kLastOctave - kFirstOctave + 1) * std::size_t{kOctaveClasses};
  static constexpr std::size_t kWords = (kClasses + 63) / 64;
  static_assert(kWords <= 64);

  // The class that a block of this size is in.
  [[nodiscard]] static std::size_t class_of(std::size_t size) noexcept;
  // The first class of which each block is at least so large.
  [[nodiscard]] static std::size_t class_for(std::size_t size) noexcept;
  // The first class from this one on that has a block; kClasses where none has.
  [[nodiscard]] std::size_t occupied(std::size_t from) const noexcept;

  // A free block of this size or more; null where there is none.
  [[nodiscard]] Block* find(std::size_t size) const noexcept;
  void link(Block& block) noexcept;
  void unlink(Block& block) noexcept;

  std::array<Block*, kClasses> lists_{};
  std::array<std::uint64_t, kWords> bits_{};
  std::uint64_t words_ = 0;  // a bit for each word of bits_ that is not 0
};

// Free blocks have links after their header, and their size once more at their end, where the
// block behind finds it.
struct Heap::Block {
  static constexpr std::uint64_t kFree = 1;
  static constexpr std::uint64_t kFreeBefore = 2;
  static constexpr std::uint64_t kVisited = 4;
  static constexpr std::uint64_t kFlags = 7;

  std::uint64_t header;
  Links links;

  [[nodiscard]] std::size_t size() const noexcept { return header & ~kFlags; }
  [[nodiscard]] bool is(std::uint64_t flag) const noexcept { return (header & flag) != 0; }
  [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this); }
  [[nodiscard]] Block& at(std::ptrdiff_t offset) noexcept {
    return *reinterpret_cast<Block*>(bytes() + offset);
  }
  [[nodiscard]] Block& behind() noexcept { return at(static_cast<std::ptrdiff_t>(size())); }
  // Only where that is free.
  [[nodiscard]] Block& before() noexcept {
    const auto size = *reinterpret_cast<std::uint64_t*>(bytes() - sizeof(std::uint64_t));
    return at(-static_cast<std::ptrdiff_t>(size));
  }
  // What a free block has no use for.
  [[nodiscard]] std::byte* inside() noexcept { return bytes() + sizeof(Block); }
  [[nodiscard]] std::byte* inside_end() noexcept {
    return bytes() + size() - sizeof(std::uint64_t);
  }
  // Makes it free, with its size at its end. Blocks that are free never touch.
  void make_free(std::size_t size) noexcept {
    header = size | kFree;
    *reinterpret_cast<std::uint64_t*>(bytes() + size - sizeof(std::uint64_t)) = size;
    behind().header |= kFreeBefore;
  }
};

template <typename Visit>
void Heap::visit_large(std::size_t bytes_min, std::size_t count, Visit&& visit) {
  for (std::size_t at = occupied(class_for(bytes_min)); at < kClasses && count > 0;
       at = occupied(at + 1)) {
    for (Block* block = lists_[at]; block != nullptr && count > 0; block = block->links.next) {
      if (!block->is(Block::kVisited)) {
        block->header |= Block::kVisited;
        visit(std::span(block->inside(), block->inside_end()));
        --count;
      }
    }
  }
}

}  // namespace larder::memory

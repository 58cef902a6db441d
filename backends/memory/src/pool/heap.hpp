// Heap: hands out blocks of the regions it was given, and takes them back in any order.
//
// Two-level segregated fit: a list of free blocks for each class of sizes, and a bit for each
// list that is not empty, so that taking and giving back are a few steps however much is there.
// A block that is given back joins its free neighbours at once, so what is free is in few large
// pieces, whatever sizes the next entries have: classes of a fixed size, as slab allocators
// have, keep their memory when the sizes change.
//
// Of a block in use 4 bytes are the heap's, its size. Not thread-safe.
// Source: Masmano, Ripoll, Crespo, Real, "TLSF: a New Dynamic Memory Allocator for Real-Time
// Systems", ECRTS 2004.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace larder::memory {

class Heap {
 public:
  // Blocks are of so many bytes times a number, and aligned to as many.
  static constexpr std::size_t kGranule = 4;
  static constexpr std::size_t kHeaderBytes = 4;
  // Of a block with its header. Smaller rests stay with the block they are the rest of.
  static constexpr std::size_t kBlockMin = 24;
  static constexpr std::size_t kRegionMax = std::size_t{1} << 22;

  // What an allocation of `bytes` takes.
  [[nodiscard]] static constexpr std::size_t block_bytes(std::size_t bytes) noexcept {
    const std::size_t block = (bytes + kHeaderBytes + kGranule - 1) / kGranule * kGranule;
    return block < kBlockMin ? kBlockMin : block;
  }
  // The size of the free block that a region of so many bytes is when all of it is free.
  [[nodiscard]] static constexpr std::size_t whole_bytes(std::size_t region_bytes) noexcept {
    return region_bytes - kHeaderBytes;
  }

  // A region to hand out, of kRegionMax at most, aligned as blocks are.
  void add(std::span<std::byte> region) noexcept;

  // Null where no block is large enough.
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
  // A block by the address of what is the caller's; its header is in front of that.
  class Block;

  // Classes of one size, in steps of a granule, up to kLinear; then 32 for each octave.
  static constexpr std::size_t kLinear = 512;
  static constexpr std::size_t kLinearClasses = kLinear / kGranule;
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

  // A free block of this size or more; none where there is none.
  [[nodiscard]] Block find(std::size_t size) const noexcept;
  void link(Block block) noexcept;
  void unlink(Block block) noexcept;

  std::array<std::byte*, kClasses> lists_{};
  std::array<std::uint64_t, kWords> bits_{};
  std::uint64_t words_ = 0;  // a bit for each word of bits_ that is not 0
};

// Free blocks begin with links, and have their size once more at their end, where the block
// behind finds it. Free blocks never touch.
class Heap::Block {
 public:
  static constexpr std::uint32_t kFree = 1;
  static constexpr std::uint32_t kFreeBefore = 2;
  static constexpr std::uint32_t kVisited = std::uint32_t{1} << 31U;

  struct Links {
    std::byte* next;
    std::byte* before;
  };

  Block() = default;
  explicit Block(std::byte* memory) noexcept : memory_(memory) {}

  [[nodiscard]] std::byte* memory() const noexcept { return memory_; }
  [[nodiscard]] explicit operator bool() const noexcept { return memory_ != nullptr; }

  // With its header: the distance to the next block.
  [[nodiscard]] std::size_t size() const noexcept {
    return header() & ~(kFree | kFreeBefore | kVisited);
  }
  [[nodiscard]] bool is(std::uint32_t flag) const noexcept { return (header() & flag) != 0; }
  void set(std::uint32_t flag) const noexcept { header() |= flag; }
  void clear(std::uint32_t flag) const noexcept { header() &= ~flag; }
  // Without flags: it is in use, and so is what is before it.
  void set_size(std::size_t size) const noexcept { header() = static_cast<std::uint32_t>(size); }
  void make_free(std::size_t size) const noexcept {
    set_size(size);
    word(memory_ + size - 2 * kHeaderBytes) = header();
    set(kFree);
    behind().set(kFreeBefore);
  }

  [[nodiscard]] Block behind() const noexcept { return Block(memory_ + size()); }
  // Only where that is free.
  [[nodiscard]] Block before() const noexcept {
    return Block(memory_ - word(memory_ - 2 * kHeaderBytes));
  }

  // They lie at any granule.
  [[nodiscard]] Links links() const noexcept {
    Links links;
    std::memcpy(&links, memory_, sizeof links);
    return links;
  }
  void set_links(Links links) const noexcept { std::memcpy(memory_, &links, sizeof links); }

  // What a free block has no use for.
  [[nodiscard]] std::byte* inside() const noexcept { return memory_ + sizeof(Links); }
  [[nodiscard]] std::byte* inside_end() const noexcept {
    return memory_ + size() - 2 * kHeaderBytes;
  }

 private:
  static std::uint32_t& word(std::byte* at) noexcept {
    return *reinterpret_cast<std::uint32_t*>(at);
  }
  [[nodiscard]] std::uint32_t& header() const noexcept { return word(memory_ - kHeaderBytes); }

  std::byte* memory_ = nullptr;
};

template <typename Visit>
void Heap::visit_large(std::size_t bytes_min, std::size_t count, Visit&& visit) {
  for (std::size_t at = occupied(class_for(bytes_min)); at < kClasses && count > 0;
       at = occupied(at + 1)) {
    for (Block block(lists_[at]); block && count > 0; block = Block(block.links().next)) {
      if (!block.is(Block::kVisited)) {
        block.set(Block::kVisited);
        visit(std::span(block.inside(), block.inside_end()));
        --count;
      }
    }
  }
}

}  // namespace larder::memory

#include "pool/heap.hpp"

#include <algorithm>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define LARDER_HIDES_FREE_MEMORY
#endif
#endif

namespace larder::memory {
namespace {

// AddressSanitizer is told of free memory, or it would not see who reads what is gone.
void hide([[maybe_unused]] std::byte* from, [[maybe_unused]] std::byte* to) noexcept {
#ifdef LARDER_HIDES_FREE_MEMORY
  if (from < to) {
    __asan_poison_memory_region(from, static_cast<std::size_t>(to - from));
  }
#endif
}

void show([[maybe_unused]] std::byte* from, [[maybe_unused]] std::size_t size) noexcept {
#ifdef LARDER_HIDES_FREE_MEMORY
  __asan_unpoison_memory_region(from, size);
#endif
}

}  // namespace

std::size_t Heap::class_of(std::size_t size) noexcept {
  if (size < kLinear) {
    return size / kGranule;
  }
  const auto octave = static_cast<unsigned>(std::bit_width(size)) - 1;
  const std::size_t part = (size >> (octave - kOctaveBits)) & (kOctaveClasses - 1);
  return kLinearClasses + (octave - kFirstOctave) * kOctaveClasses + part;
}

std::size_t Heap::class_for(std::size_t size) noexcept {
  if (size < kLinear) {
    return size / kGranule;
  }
  const auto octave = static_cast<unsigned>(std::bit_width(size)) - 1;
  const std::size_t step = std::size_t{1} << (octave - kOctaveBits);
  return class_of(size + step - 1);
}

std::size_t Heap::occupied(std::size_t from) const noexcept {
  const std::size_t word = from / 64;
  if (from >= kClasses) {
    return kClasses;
  }
  if (const std::uint64_t bits = bits_[word] >> (from % 64) << (from % 64); bits != 0) {
    return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  }
  const std::uint64_t later = words_ & ~((std::uint64_t{2} << word) - 1);
  if (later == 0) {
    return kClasses;
  }
  const auto next = static_cast<std::size_t>(std::countr_zero(later));
  return next * 64 + static_cast<std::size_t>(std::countr_zero(bits_[next]));
}

void Heap::link(Block block) noexcept {
  const std::size_t at = class_of(block.size());
  block.set_links({.next = lists_[at], .before = nullptr});
  if (const Block next(lists_[at]); next) {
    next.set_links({.next = next.links().next, .before = block.memory()});
  }
  lists_[at] = block.memory();
  bits_[at / 64] |= std::uint64_t{1} << (at % 64);
  words_ |= std::uint64_t{1} << (at / 64);
}

void Heap::unlink(Block block) noexcept {
  const auto [next, before] = block.links();
  if (next != nullptr) {
    Block(next).set_links({.next = Block(next).links().next, .before = before});
  }
  if (before != nullptr) {
    Block(before).set_links({.next = next, .before = Block(before).links().before});
    return;
  }
  const std::size_t at = class_of(block.size());
  lists_[at] = next;
  if (next == nullptr) {
    bits_[at / 64] &= ~(std::uint64_t{1} << (at % 64));
    if (bits_[at / 64] == 0) {
      words_ &= ~(std::uint64_t{1} << (at / 64));
    }
  }
}

// The last header is of a block without size that is in use: nothing joins it.
void Heap::add(std::span<std::byte> region) noexcept {
  const Block block(region.data() + kHeaderBytes);
  block.set_size(whole_bytes(region.size()));
  block.behind().set_size(0);
  block.make_free(block.size());
  link(block);
  hide(block.inside(), block.inside_end());
}

// In its own class some may be large enough, as all are where entries have one size.
Heap::Block Heap::find(std::size_t size) const noexcept {
  constexpr int kLooksMax = 8;
  Block block(lists_[class_of(size)]);
  for (int looks = 0; block && looks < kLooksMax; ++looks, block = Block(block.links().next)) {
    if (block.size() >= size) {
      return block;
    }
  }
  const std::size_t at = occupied(class_for(size));
  return at == kClasses ? Block() : Block(lists_[at]);
}

void* Heap::allocate(std::size_t bytes) noexcept {
  const std::size_t size = block_bytes(bytes);
  const Block block = find(size);
  if (!block) {
    return nullptr;
  }
  unlink(block);
  const std::size_t rest = block.size() - size;
  show(block.memory(), std::min(block.size(), size + sizeof(Block::Links)));
  if (rest < kBlockMin) {
    block.behind().clear(Block::kFreeBefore);
    block.set_size(block.size());
  } else {
    block.set_size(size);
    block.behind().make_free(rest);
    link(block.behind());
  }
  return block.memory();
}

std::span<std::byte> Heap::free(void* memory) noexcept {
  Block block(static_cast<std::byte*>(memory));
  std::size_t size = block.size();
  std::byte* const began = block.memory() - 2 * kHeaderBytes;
  std::byte* const ended = block.memory() + size + sizeof(Block::Links);
  if (const Block behind = block.behind(); behind.is(Block::kFree)) {
    unlink(behind);
    size += behind.size();
  }
  if (block.is(Block::kFreeBefore)) {
    block = block.before();
    unlink(block);
    size += block.size();
  }
  block.make_free(size);
  link(block);
  hide(std::max(began, block.inside()), std::min(ended, block.inside_end()));
  return {block.memory(), size};
}

void Heap::remove(std::span<std::byte> whole) noexcept {
  unlink(Block(whole.data()));
  show(whole.data(), whole.size() - kHeaderBytes);
}

}  // namespace larder::memory

#include "pool/entry_pool.hpp"

#include <mutex>
#include <new>

#include "pages.hpp"

namespace larder::memory {
EntryPool::EntryPool(std::size_t store_bytes) noexcept
    : regions_wanted_(store_bytes / kRegionBytes), huge_pages_(store_bytes >= kHugePagesFrom) {
  for (std::size_t slot = 0; slot < last_.size(); ++slot) {
    last_[slot].store(static_cast<std::uint8_t>(slot % kHeaps), std::memory_order_relaxed);
  }
}

EntryPool::~EntryPool() {
  for (const Part& part : parts_) {
    if (part.spare != nullptr) {
      unmap(*part.spare);
    }
  }
}

void* EntryPool::allocate(std::size_t bytes) noexcept {
  if (bytes > kBytesMax) {
    return nullptr;
  }
  std::atomic<std::uint8_t>& last = last_[thread_slot()];
  const std::size_t first = last.load(std::memory_order_relaxed);
  if (void* memory = allocate(parts_[first], bytes)) [[likely]] {
    return memory;
  }
  if (regions_.load(std::memory_order_relaxed) >= regions_wanted_) {
    for (std::size_t i = 1; i < kHeaps; ++i) {
      const std::size_t at = (first + i) % kHeaps;
      if (void* memory = allocate(parts_[at], bytes)) {
        last.store(static_cast<std::uint8_t>(at), std::memory_order_relaxed);
        return memory;
      }
    }
  }
  return allocate_in_new_region(parts_[first], bytes);
}

void* EntryPool::allocate(Part& part, std::size_t bytes) noexcept {
  const std::lock_guard held(part.lock);
  void* memory = part.heap.allocate(bytes);
  if (memory == nullptr) {
    return nullptr;
  }
  ++part.blocks;
  if (&region_of(memory) == part.spare) [[unlikely]] {
    part.spare = nullptr;
  }
  return memory;
}

void* EntryPool::allocate_in_new_region(Part& part, std::size_t bytes) noexcept {
  Region* region = map();
  if (region == nullptr) {
    return nullptr;
  }
  region->part = &part;
  const std::lock_guard held(part.lock);
  part.heap.add(inside(*region));
  ++part.blocks;
  return part.heap.allocate(bytes);
}

void EntryPool::free(void* memory) noexcept {
  Region& region = region_of(memory);
  Part& part = *region.part;
  bool empty = false;
  bool done = false;
  {
    const std::lock_guard held(part.lock);
    const std::span<std::byte> joined = part.heap.free(memory);
    --part.blocks;
    done = part.closed && part.blocks == 0;
    if (is_whole(joined)) [[unlikely]] {
      empty = part.spare != nullptr;
      if (empty) {
        part.heap.remove(joined);
        regions_.fetch_sub(1, std::memory_order_relaxed);
      } else {
        part.spare = &region;
      }
    }
  }
  // Once unlocked, whoever gives back the last block may delete this: unless it is this thread.
  if (empty) {
    unmap(region);
  }
  if (done) {
    one_part_is_done();
  }
}

void EntryPool::trim() noexcept {
  for (Part& part : parts_) {
    const std::lock_guard held(part.lock);
    part.heap.visit_large(kTrimmedMin, kTrimmedTogether, drop_pages);
  }
}

// No thread allocates any more.
void EntryPool::close() noexcept {
  for (Part& part : parts_) {
    bool done = false;
    {
      const std::lock_guard held(part.lock);
      part.closed = true;
      done = part.blocks == 0;
    }
    if (done) {
      one_part_is_done();
    }
  }
}

void EntryPool::one_part_is_done() noexcept {
  if (parts_left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete this;
  }
}

// ---- regions ----

EntryPool::Region& EntryPool::region_of(void* memory) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return *reinterpret_cast<Region*>(address & ~(std::uintptr_t{kRegionBytes} - 1));
}

std::span<std::byte> EntryPool::inside(Region& region) noexcept {
  return {reinterpret_cast<std::byte*>(&region) + sizeof(Region), kRegionBytes - sizeof(Region)};
}

EntryPool::Region* EntryPool::map() noexcept {
  std::byte* memory =
      map_pages(kRegionBytes, kRegionBytes, huge_pages_ ? PageSize::huge : PageSize::usual);
  if (memory == nullptr) {
    return nullptr;
  }
  regions_.fetch_add(1, std::memory_order_relaxed);
  return ::new (memory) Region{.pool = this, .part = nullptr};
}

void EntryPool::unmap(Region& region) noexcept {
  unmap_pages(reinterpret_cast<std::byte*>(&region), kRegionBytes);
}

}  // namespace larder::memory

// EntryPool: where a store's entries lie. Heaps over regions of pages, huge ones where the store
// is large.
//
// Threads: any. There are a few heaps, each with a lock; a thread stays with the one that had
// room for it last, and a block goes back to the heap it is from.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <larder/block_pool.hpp>

#include "cost.hpp"
#include "pool/heap.hpp"
#include "spin_lock.hpp"
#include "thread_counts.hpp"

namespace larder::memory {

class EntryPool final : public BlockPool {
 public:
  // Larger ones go to the program's heap.
  static constexpr std::size_t kBytesMax = std::size_t{256} << 10;
  // A store of less would waste too much of a huge page.
  static constexpr std::size_t kHugePagesFrom = std::size_t{128} << 20;

  // Closes the pool, which goes when its last block has come back.
  struct Close {
    void operator()(EntryPool* pool) const noexcept { pool->close(); }
  };
  using Owner = std::unique_ptr<EntryPool, Close>;
  // For a store of so many bytes.
  [[nodiscard]] static Owner make(std::size_t store_bytes) {
    return Owner(new EntryPool(store_bytes));
  }

  [[nodiscard]] void* allocate(std::size_t bytes) noexcept override;
  void free(void* memory) noexcept override;

  // Gives memory that is free in large pieces back to the system: some, at each call.
  void trim() noexcept;

  // What an entry of so many bytes takes, here or on the heap.
  [[nodiscard]] static constexpr std::size_t block_bytes(std::size_t bytes) noexcept {
    return bytes <= kBytesMax ? Heap::block_bytes(bytes) : heap_bytes(bytes);
  }

 private:
  static constexpr std::size_t kHeaps = 8;
  static constexpr std::size_t kTrimmedMin = std::size_t{64} << 10;
  static constexpr std::size_t kTrimmedTogether = 64;

  struct Part;
  // The first bytes of a region.
  struct alignas(64) Region {
    BlockPool* pool;  // where BlockPool::of() looks
    Part* part;
  };
  struct alignas(64) Part {
    SpinLock lock;
    bool closed = false;
    std::size_t blocks = 0;  // in use
    // A region without a block in use, which is kept for the next ones. Null where all have.
    Region* spare = nullptr;
    Heap heap;
  };
  explicit EntryPool(std::size_t store_bytes) noexcept;
  ~EntryPool();
  void close() noexcept;

  [[nodiscard]] static Region& region_of(void* memory) noexcept;
  [[nodiscard]] static std::span<std::byte> inside(Region& region) noexcept;
  [[nodiscard]] static bool is_whole(std::span<std::byte> free) noexcept {
    return free.size() == Heap::whole_bytes(kRegionBytes - sizeof(Region));
  }

  // Null where there is no room.
  [[nodiscard]] static void* allocate(Part& part, std::size_t bytes) noexcept;
  [[nodiscard]] void* allocate_in_new_region(Part& part, std::size_t bytes) noexcept;
  [[nodiscard]] Region* map() noexcept;
  static void unmap(Region& region) noexcept;
  void one_part_is_done() noexcept;

  // Beyond so many a thread looks for room in other heaps than its own before it asks for more.
  const std::size_t regions_wanted_;
  const bool huge_pages_;
  std::atomic<std::size_t> regions_{0};
  std::atomic<std::size_t> parts_left_{kHeaps};
  std::array<Part, kHeaps> parts_;
  // Where the threads of a slot found room last.
  std::array<std::atomic<std::uint8_t>, kThreadSlots + 1> last_{};
};

}  // namespace larder::memory

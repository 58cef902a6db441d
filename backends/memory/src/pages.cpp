#include "pages.hpp"

#include <sys/mman.h>

namespace larder::memory {
namespace {

constexpr std::uintptr_t kPage = 4096;

}  // namespace

// Mappings lie anywhere: of one that is larger by the alignment, a part is aligned.
std::byte* map_pages(std::size_t bytes, std::size_t alignment, PageSize size) noexcept {
  const std::size_t slack = alignment <= kPage ? 0 : alignment;
  void* mapped = ::mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    return nullptr;
  }
  auto* memory = static_cast<std::byte*>(mapped);
  if (slack > 0) {
    const std::size_t over = reinterpret_cast<std::uintptr_t>(memory) % alignment;
    const std::size_t before = over == 0 ? 0 : alignment - over;
    if (before > 0) {
      ::munmap(memory, before);
    }
    memory += before;
    if (before < slack) {
      ::munmap(memory + bytes, slack - before);
    }
  }
#ifdef MADV_HUGEPAGE
  if (size == PageSize::huge) {
    ::madvise(memory, bytes, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

void unmap_pages(std::byte* memory, std::size_t bytes) noexcept { ::munmap(memory, bytes); }

void drop_pages(std::span<std::byte> memory) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::uintptr_t from = (address + kPage - 1) & ~(kPage - 1);
  const std::uintptr_t to = (address + memory.size()) & ~(kPage - 1);
  if (from < to) {
    ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
}

}  // namespace larder::memory

#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace bench {
namespace {

thread_local constinit std::size_t allocations = 0;

}  // namespace

std::size_t allocations_of_this_thread() noexcept { return allocations; }

}  // namespace bench

void* operator new(std::size_t size) {
  ++bench::allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++bench::allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

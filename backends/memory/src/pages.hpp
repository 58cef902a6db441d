// Memory straight from the system: zero, not there until it is touched, and gone when it is
// given back, whatever the program's allocator does meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace larder::memory {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

enum class PageSize : std::uint8_t {
  usual,
  // Where the system has them. What a hit waits for is the translation of addresses most of
  // all, and a page of 2 MiB needs 512 times fewer. They come whole: for large tables only.
  huge,
};

// Null where there is none. `alignment`: a power of two; `bytes`: a multiple of it.
[[nodiscard]] std::byte* map_pages(std::size_t bytes, std::size_t alignment,
                                   PageSize size) noexcept;
void unmap_pages(std::byte* memory, std::size_t bytes) noexcept;
// The pages inside are zero again, and take no memory until they are touched.
void drop_pages(std::span<std::byte> memory) noexcept;

// `count` zero bytes' worth of T, which must be a valid T. Large ones are pages.
template <typename T>
class ZeroTable {
 public:
  // Throws std::bad_alloc.
  explicit ZeroTable(std::size_t count) : memory_(allocate(count * sizeof(T))), count_(count) {}

  [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(memory_.get()); }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return count_ * sizeof(T); }
  [[nodiscard]] T& operator[](std::size_t at) const noexcept { return data()[at]; }
  [[nodiscard]] T* begin() const noexcept { return data(); }
  [[nodiscard]] T* end() const noexcept { return data() + count_; }

 private:
  static constexpr std::size_t kPagesFrom = std::size_t{64} << 10;
  static constexpr std::size_t kHugeFrom = 4 * kHugePage;
  static constexpr std::align_val_t kAlignment{64};

  struct Free {
    std::size_t bytes;
    void operator()(std::byte* memory) const noexcept {
      if (bytes >= kPagesFrom) {
        unmap_pages(memory, rounded(bytes));
      } else {
        ::operator delete(memory, kAlignment);
      }
    }
  };
  using Memory = std::unique_ptr<std::byte, Free>;

  static std::size_t alignment(std::size_t bytes) noexcept {
    return bytes >= kHugeFrom ? kHugePage : 4096;
  }
  static std::size_t rounded(std::size_t bytes) noexcept {
    return (bytes + alignment(bytes) - 1) / alignment(bytes) * alignment(bytes);
  }
  static Memory allocate(std::size_t bytes) {
    if (bytes < kPagesFrom) {
      auto* memory = static_cast<std::byte*>(::operator new(bytes, kAlignment));
      std::uninitialized_fill_n(memory, bytes, std::byte{0});
      return Memory(memory, Free{bytes});
    }
    const PageSize size = bytes >= kHugeFrom ? PageSize::huge : PageSize::usual;
    std::byte* memory = map_pages(rounded(bytes), alignment(bytes), size);
    if (memory == nullptr) {
      throw std::bad_alloc();
    }
    return Memory(memory, Free{bytes});
  }

  Memory memory_;
  std::size_t count_;
};

}  // namespace larder::memory

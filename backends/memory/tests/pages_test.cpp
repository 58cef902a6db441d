#include "pages.hpp"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

namespace larder::memory {
namespace {

TEST(Pages, are_zero_and_aligned_as_was_asked_for) {
  for (const PageSize size : {PageSize::usual, PageSize::huge}) {
    constexpr std::size_t kBytes = 2 * kHugePage;
    std::byte* memory = map_pages(kBytes, kHugePage, size);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % kHugePage, 0U);
    EXPECT_EQ(std::count(memory, memory + kBytes, std::byte{0}), kBytes);
    unmap_pages(memory, kBytes);
  }
}

TEST(Pages, are_zero_again_once_dropped_and_keep_their_neighbours) {
  constexpr std::size_t kBytes = 5 * 4096;
  std::byte* memory = map_pages(kBytes, 4096, PageSize::usual);
  std::fill_n(memory, kBytes, std::byte{7});
  drop_pages({memory + 100, kBytes - 200});
  EXPECT_EQ(std::count(memory, memory + kBytes, std::byte{0}), 3 * 4096);
  EXPECT_EQ(memory[4095], std::byte{7});
  EXPECT_EQ(memory[kBytes - 4096], std::byte{7});
  drop_pages({memory + 100, 50});
  EXPECT_EQ(memory[120], std::byte{7});
  unmap_pages(memory, kBytes);
}

TEST(ZeroTable, is_zero_at_every_size) {
  for (const std::size_t count : {1U, 100U, 9000U, 2'000'000U}) {
    const ZeroTable<std::uint64_t> table(count);
    EXPECT_EQ(table.size(), count);
    EXPECT_EQ(std::count(table.begin(), table.end(), 0U), static_cast<std::ptrdiff_t>(count));
    table[count - 1] = 5;
    EXPECT_EQ(*(table.end() - 1), 5U);
  }
}

}  // namespace
}  // namespace larder::memory

#include "pool/heap.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace larder::memory {
namespace {

constexpr std::size_t kRegion = std::size_t{1} << 20;

// A heap with regions of its own, each of which must be free as a whole in the end.
class HeapTest : public ::testing::Test {
 protected:
  HeapTest() { add_region(); }
  ~HeapTest() override {
    for (std::byte* region : whole_) {
      heap.remove({region + Heap::kHeaderBytes, Heap::whole_bytes(kRegion)});
    }
    EXPECT_EQ(whole_.size(), regions_.size());
    EXPECT_EQ(heap.allocate(1), nullptr) << "something is left behind";
  }

  void add_region() {
    regions_.push_back(std::make_unique<std::uint64_t[]>(kRegion / 8));
    heap.add(std::as_writable_bytes(std::span(regions_.back().get(), kRegion / 8)));
    whole_.push_back(reinterpret_cast<std::byte*>(regions_.back().get()));
  }
  std::byte* allocate(std::size_t bytes) {
    auto* memory = static_cast<std::byte*>(heap.allocate(bytes));
    if (memory != nullptr) {
      std::erase_if(
          whole_, [&](std::byte* region) { return region <= memory && memory < region + kRegion; });
    }
    return memory;
  }
  std::size_t free(std::byte* memory) {
    const std::span<std::byte> joined = heap.free(memory);
    if (joined.size() == Heap::whole_bytes(kRegion)) {
      whole_.push_back(joined.data() - Heap::kHeaderBytes);
    }
    return joined.size();
  }

  Heap heap;

 private:
  std::vector<std::unique_ptr<std::uint64_t[]>> regions_;
  std::vector<std::byte*> whole_;
};

TEST_F(HeapTest, lays_blocks_of_four_bytes_more_than_was_asked_for_side_by_side) {
  for (const std::size_t bytes : {24U, 100U, 500U, 504U, 505U, 4000U, 70000U}) {
    std::byte* first = allocate(bytes);
    std::byte* second = allocate(bytes);
    EXPECT_EQ(second - first, static_cast<std::ptrdiff_t>((bytes + 4 + 3) / 4 * 4)) << bytes;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % Heap::kGranule, 0U);
    free(second);
    free(first);
  }
}

TEST_F(HeapTest, a_block_of_nothing_is_as_large_as_what_a_free_one_needs) {
  std::byte* first = allocate(0);
  std::byte* second = allocate(0);
  EXPECT_EQ(second - first, static_cast<std::ptrdiff_t>(Heap::kBlockMin));
  free(first);
  free(second);
}

TEST_F(HeapTest, has_none_that_is_larger_than_its_region) {
  EXPECT_EQ(heap.allocate(kRegion - 7), nullptr);
  std::byte* all = allocate(kRegion - 16 - kRegion / 32);
  ASSERT_NE(all, nullptr);
  free(all);
}

TEST_F(HeapTest, blocks_join_their_neighbours_in_whatever_order_they_come_back) {
  std::vector<std::size_t> order{0, 1, 2};
  do {
    std::array<std::byte*, 3> blocks{};
    for (std::byte*& block : blocks) {
      block = allocate(100);
    }
    std::byte* behind = allocate(100);
    free(blocks[order[0]]);
    free(blocks[order[1]]);
    EXPECT_EQ(free(blocks[order[2]]), 3 * Heap::block_bytes(100));
    free(behind);
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(HeapTest, what_is_free_is_taken_before_more_of_the_region_is_touched) {
  for (const std::size_t bytes : {100U, 1000U, 1155U, 100'000U}) {
    std::byte* first = allocate(bytes);
    std::byte* behind = allocate(bytes);
    free(first);
    EXPECT_EQ(allocate(bytes), first);
    free(first);
    EXPECT_EQ(allocate(bytes / 3), first);
    free(first);
    free(behind);
  }
}

TEST_F(HeapTest, keeps_what_is_in_use_intact_and_gets_all_of_it_back) {
  constexpr std::size_t kRegions = 4;
  for (std::size_t i = 1; i < kRegions; ++i) {
    add_region();
  }
  std::mt19937 random(7);
  // Blocks in use, by address: each byte of one has the same value.
  std::map<std::byte*, std::pair<std::size_t, std::byte>> used;
  const auto give_back = [&](auto place) {
    const auto [memory, what] = *place;
    const auto [bytes, fill] = what;
    EXPECT_TRUE(std::all_of(memory, memory + bytes, [fill](std::byte b) { return b == fill; }));
    used.erase(place);
    free(memory);
  };
  for (int turn = 0; turn < 50'000; ++turn) {
    // Small ones mostly, and now and then a hundred times as large.
    const std::size_t bytes = random() % 8 == 0 ? random() % 50'000 : random() % 600;
    if (std::byte* memory = random() % 2 == 0 ? allocate(bytes) : nullptr) {
      const auto fill = static_cast<std::byte>(random());
      std::memset(memory, static_cast<int>(fill), bytes);
      const auto behind = used.upper_bound(memory);
      EXPECT_TRUE(behind == used.end() || memory + bytes + 4 <= behind->first);
      used.emplace(memory, std::pair(bytes, fill));
    } else if (!used.empty()) {
      give_back(std::next(used.begin(), static_cast<std::ptrdiff_t>(random() % used.size())));
    }
  }
  EXPECT_GT(used.size(), 10U);
  while (!used.empty()) {
    give_back(used.begin());
  }
}

TEST_F(HeapTest, visits_large_free_memory_once_until_it_has_changed) {
  const auto visits = [this](std::size_t bytes_min) {
    std::size_t count = 0;
    heap.visit_large(bytes_min, 100, [&](std::span<std::byte> inside) {
      EXPECT_GT(inside.size() + 64, bytes_min);
      ++count;
    });
    return count;
  };
  std::byte* first = allocate(100'000);
  std::byte* between = allocate(100);
  free(first);
  EXPECT_EQ(visits(50'000), 2U);
  EXPECT_EQ(visits(50'000), 0U);
  first = allocate(100'000);
  free(first);
  EXPECT_EQ(visits(200'000), 0U);
  EXPECT_EQ(visits(50'000), 1U);
  free(between);
}

}  // namespace
}  // namespace larder::memory

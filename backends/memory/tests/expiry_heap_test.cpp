#include "expiry_heap.hpp"

#include <deque>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace larder::memory {
namespace {

struct Item {
  SteadyTime ends;
  std::uint32_t heap_place = 0;
};

TEST(ExpiryHeap, names_the_item_that_ends_first_through_random_changes) {
  const std::uint32_t seed = 20261123;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  ExpiryHeap<Item> heap;
  std::deque<Item> items;
  std::set<Item*> in;
  for (int step = 0; step < 20'000; ++step) {
    const SteadyTime ends{milliseconds(random() % 1000)};
    const auto choice = random() % 3;
    if (in.empty() || (choice == 0 && in.size() < 300)) {
      items.push_back(Item{.ends = ends});
      heap.add(items.back());
      in.insert(&items.back());
    } else {
      Item* item = *std::next(in.begin(), static_cast<long>(random() % in.size()));
      if (choice == 1) {
        heap.remove(*item);
        in.erase(item);
      } else {
        item->ends = ends;
        heap.moved(*item);
      }
    }
    SteadyTime first = SteadyTime::max();
    for (const Item* item : in) {
      first = std::min(first, item->ends);
    }
    ASSERT_EQ(heap.first() == nullptr ? SteadyTime::max() : heap.first()->ends, first);
    ASSERT_EQ(heap.due(first) == nullptr, in.empty());
    ASSERT_EQ(heap.due(first - milliseconds(1)), nullptr);
  }
}

TEST(ExpiryHeap, gives_memory_back_when_it_empties) {
  ExpiryHeap<Item> heap;
  std::deque<Item> items(10'000);
  for (Item& item : items) {
    heap.add(item);
  }
  const std::size_t full = heap.bytes();
  for (Item& item : items) {
    heap.remove(item);
  }
  EXPECT_LT(heap.bytes(), full / 100);
}

}  // namespace
}  // namespace larder::memory

// What entries are charged against what glibc's allocator says is in use. Built without
// sanitizers only, since they bring an allocator of their own.
#include <malloc.h>

#include <string>

#include "store.hpp"

namespace larder::memory {
namespace {

// Entries in the store's own pool are another matter: resident_test.cpp.
TEST(MemoryCost, charges_what_the_allocator_hands_out) {
  Store store(std::size_t{64} << 20);
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  const std::size_t charged_before = *store.stats().bytes;
  for (int i = 0; i < 30; ++i) {
    store.put(entry("large " + std::to_string(i), std::string(300'000, 'v')));
  }
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(store.add("a counter of some length " + std::to_string(i), 1));
    store.epoch("a tag of some length " + std::to_string(i));
  }
  const auto used = static_cast<double>(in_use() - before);
  const auto charged = static_cast<double>(*store.stats().bytes - charged_before);
  EXPECT_NEAR(charged / used, 1.0, 0.05);
}

}  // namespace
}  // namespace larder::memory

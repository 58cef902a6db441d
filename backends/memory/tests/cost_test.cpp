// What entries are charged against what glibc's allocator says is in use. Built without
// sanitizers only, since they bring an allocator of their own.
#include <malloc.h>

#include <string>

#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryCost, charges_what_the_allocator_hands_out) {
  Store store(std::size_t{64} << 20);
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  const std::size_t charged_before = *store.stats().bytes;
  for (int i = 0; i < 30'000; ++i) {
    store.put(entry("a key of some length " + std::to_string(i), std::string(500, 'v')));
  }
  const auto used = static_cast<double>(in_use() - before);
  const auto charged = static_cast<double>(*store.stats().bytes - charged_before);
  EXPECT_NEAR(charged / used, 1.0, 0.05);
}

}  // namespace
}  // namespace larder::memory

#include <string>
#include <vector>

#include "epoch_table.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

TEST(MemoryEpochs, are_created_once_and_stay) {
  Store store;
  const Epoch first = store.epoch("a");
  EXPECT_EQ(store.epoch("a"), first);
  EXPECT_NE(store.epoch("b"), first);
}

TEST(MemoryEpochs, change_when_bumped) {
  Store store;
  const Epoch first = store.epoch("a");
  const Epoch second = store.bump("a");
  EXPECT_NE(first, second);
  EXPECT_EQ(store.epoch("a"), second);
  const Epoch unseen = store.bump("b");
  EXPECT_EQ(store.epoch("b"), unseen);
}

TEST(MemoryEpochs, do_not_expire) {
  Store store;
  const Epoch first = store.epoch("a");
  store.clock.advance(24h * 3650);
  EXPECT_EQ(store.epoch("a"), first);
}

TEST(EpochTable, forgets_the_tag_asked_for_longest_ago_when_full) {
  Random random;
  EpochTable table(KeyHash{}, random, 4096);
  const Epoch used = table.get(key("used"));
  const Epoch unused = table.get(key("unused"));
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(table.get(key("t" + std::to_string(i))));
    EXPECT_EQ(table.get(key("used")), used);
    EXPECT_LE(table.bytes(), 4096U);
  }
  EXPECT_NE(table.get(key("unused")), unused);
}

}  // namespace
}  // namespace larder::memory

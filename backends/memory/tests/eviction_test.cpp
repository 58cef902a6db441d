#include "eviction.hpp"

#include <deque>

#include "ghosts.hpp"
#include "siphash.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

constexpr std::size_t kRoom = 1000;
constexpr std::size_t kRecords = 100;

// Records of 10 bytes with well-spread hashes; 100 fill the room, 10 the small queue.
class EvictionTest : public ::testing::Test {
 protected:
  EvictionTest() { eviction_.resize_ghosts(1024); }

  Record& add(std::uint64_t name) {
    Record& record = records_.emplace_back();
    record.bytes = 10;
    record.hash = name * 0x9e3779b97f4a7c15U;
    eviction_.add(record, kRecords);
    return record;
  }
  Record* evict() {
    Record* victim = eviction_.victim();
    if (victim != nullptr) {
      eviction_.remove(*victim);
    }
    return victim;
  }

  Eviction eviction_{kRoom};
  std::deque<Record> records_;
};

TEST_F(EvictionTest, has_no_victim_when_empty) { EXPECT_EQ(evict(), nullptr); }

TEST_F(EvictionTest, takes_the_oldest_of_what_was_never_read_again) {
  Record& first = add(1);
  Record& second = add(2);
  EXPECT_EQ(evict(), &first);
  EXPECT_EQ(evict(), &second);
}

TEST_F(EvictionTest, keeps_what_is_read_through_a_scan_of_any_length) {
  Record& used = add(1);
  eviction_.used(used);
  eviction_.used(used);
  for (std::uint64_t name = 2; name < 5000; ++name) {
    add(name);
    if (name > kRecords) {
      ASSERT_NE(evict(), &used);
    }
  }
}

TEST_F(EvictionTest, takes_a_ghost_that_comes_back_into_the_main_queue) {
  add(1);
  for (std::uint64_t name = 2; name < 30; ++name) {
    add(name);
  }
  EXPECT_EQ(evict()->hash, records_.front().hash);
  EXPECT_EQ(add(1).queue, Queue::main);
  EXPECT_EQ(add(99).queue, Queue::small);
}

TEST_F(EvictionTest, finds_a_victim_in_bounded_steps_when_everything_is_used) {
  for (std::uint64_t name = 0; name < 10'000; ++name) {
    Record& record = add(name);
    for (int use = 0; use < 10; ++use) {
      eviction_.used(record);
    }
  }
  EXPECT_NE(evict(), nullptr);
}

TEST(Ghosts, remember_only_the_recent) {
  Ghosts ghosts;
  ghosts.resize(64);
  constexpr KeyHash kHash{SipKey{.first = 3, .second = 4}};
  const auto hash = [&](int i) { return kHash(key(std::to_string(i))); };
  ghosts.add(hash(0));
  for (int i = 1; i < 10; ++i) {
    ghosts.add(hash(i));
  }
  EXPECT_FALSE(ghosts.take(hash(0), 10 - 1));
  EXPECT_TRUE(ghosts.take(hash(9), 1));
  EXPECT_FALSE(ghosts.take(hash(9), 1)) << "taken once, it is forgotten";
  EXPECT_FALSE(ghosts.take(hash(77), 64));
}

}  // namespace
}  // namespace larder::memory

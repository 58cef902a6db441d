#include "index.hpp"

#include <mutex>
#include <set>
#include <string>

#include "bucket.hpp"
#include "store.hpp"
#include "stored.hpp"

namespace larder::memory {
namespace {

constexpr KeyHash kHash{SipKey{.first = 1, .second = 2}};

class IndexTest : public ::testing::Test {
 protected:
  explicit IndexTest(std::size_t buckets_max = 4096) : index_(kHash, buckets_max) {}

  static bool is(const PackedEntry& entry, const Key& name) {
    return entry.key_text() == name.text();
  }
  void add(const std::string& id) {
    const Key name = key(id);
    Bucket& bucket = index_.lock(kHash(name));
    index_.add(bucket, kHash(name), *PackedEntry::pack(entry(id, "value"), kOwnPrefix).release());
    bucket.lock().unlock();
    index_.grow(++size_);
  }
  bool has(const std::string& id) {
    const Key name = key(id);
    Bucket& bucket = index_.lock(kHash(name));
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    return bucket.find(Slot::tag_of(kHash(name)),
                       [&](const PackedEntry& one) { return is(one, name); }) != nullptr;
  }
  void remove(const std::string& id) {
    const Key name = key(id);
    Bucket& bucket = index_.lock(kHash(name));
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    Slot* slot = bucket.find(Slot::tag_of(kHash(name)),
                             [&](const PackedEntry& one) { return is(one, name); });
    const EntryRef entry = EntryRef::adopt(slot->entry());
    index_.remove(bucket, *slot);
    --size_;
  }

  Index index_;
  std::size_t size_ = 0;
};

class CrowdedIndexTest : public IndexTest {
 protected:
  CrowdedIndexTest() : IndexTest(Index::kBucketsMin) {}
};

TEST_F(IndexTest, finds_what_was_added_and_not_what_was_removed) {
  constexpr int kEntries = 5000;
  for (int i = 0; i < kEntries; ++i) {
    add(std::to_string(i));
  }
  EXPECT_GT(index_.buckets(), kEntries / 7U);
  for (int i = 0; i < kEntries; i += 2) {
    remove(std::to_string(i));
  }
  for (int i = 0; i < kEntries; ++i) {
    EXPECT_EQ(has(std::to_string(i)), i % 2 == 1);
  }
}

TEST_F(CrowdedIndexTest, chains_blocks_where_it_may_not_grow_and_frees_them_again) {
  const std::size_t empty = index_.bytes();
  for (int i = 0; i < 5000; ++i) {
    add(std::to_string(i));
  }
  EXPECT_GT(index_.bytes(), 5000U / 7 * sizeof(Bucket));
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(has(std::to_string(i)));
    remove(std::to_string(i));
    ASSERT_FALSE(has(std::to_string(i)));
  }
  EXPECT_EQ(index_.bytes(), empty);
}

TEST(Bucket, tells_entries_of_one_tag_apart) {
  Bucket bucket;
  const EntryRef first = PackedEntry::pack(entry("first", "x"));
  const EntryRef second = PackedEntry::pack(entry("second", "x"));
  bucket.add(Slot(7, *first));
  bucket.add(Slot(7, *second));
  const auto find = [&](std::string_view id) {
    const Key name = key(id);
    return bucket.find(7, [&](const PackedEntry& one) { return one.key_text() == name.text(); });
  };
  EXPECT_EQ(find("first")->entry(), first.get());
  EXPECT_EQ(find("second")->entry(), second.get());
  EXPECT_EQ(find("third"), nullptr);
}

TEST_F(IndexTest, visits_every_entry_once_while_it_grows) {
  std::set<std::string> stay;
  for (int i = 0; i < 1000; ++i) {
    stay.insert("stay" + std::to_string(i));
    add("stay" + std::to_string(i));
  }
  std::multiset<std::string> seen;
  const auto see = [&seen](const PackedEntry& found) { seen.emplace(found.key().id()); };
  std::optional<std::uint64_t> from = 0;
  for (int step = 0; from; ++step) {
    from = index_.visit(*from, see);
    if (step % 50 == 20) {
      for (int i = 0; i < 500; ++i) {
        add("come" + std::to_string(step) + "." + std::to_string(i));
      }
    }
  }
  for (const std::string& id : stay) {
    EXPECT_EQ(seen.count(id), 1U) << id;
  }
}

TEST(Index, reverses_bits) {
  EXPECT_EQ(Index::reversed(1), std::uint64_t{1} << 63U);
  EXPECT_EQ(Index::reversed(0x8000'0000'0000'0006), 0x6000'0000'0000'0001U);
  EXPECT_EQ(Index::reversed(Index::reversed(0x0123'4567'89ab'cdef)), 0x0123'4567'89ab'cdefU);
}

}  // namespace
}  // namespace larder::memory

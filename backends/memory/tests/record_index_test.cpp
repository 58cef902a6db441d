#include "record_index.hpp"

#include <set>
#include <string>

#include "random.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

constexpr KeyHash kHash{SipKey{.first = 1, .second = 2}};

std::unique_ptr<Record> record(const std::string& id) {
  auto made = std::make_unique<Record>();
  made->entry = PackedEntry::pack(entry(id, "value"));
  made->hash = kHash(made->entry->key());
  return made;
}

TEST(RecordIndex, finds_what_was_added_and_not_what_was_removed) {
  RecordIndex index;
  constexpr int kRecords = 5000;
  for (int i = 0; i < kRecords; ++i) {
    index.add(record(std::to_string(i)));
  }
  for (int i = 0; i < kRecords; i += 2) {
    const Key name = key(std::to_string(i));
    index.remove(*index.find(kHash(name), name));
  }
  EXPECT_EQ(index.size(), kRecords / 2U);
  for (int i = 0; i < kRecords; ++i) {
    const Key name = key(std::to_string(i));
    EXPECT_EQ(index.find(kHash(name), name) != nullptr, i % 2 == 1);
  }
}

TEST(RecordIndex, tells_keys_of_one_hash_apart) {
  RecordIndex index;
  auto first = record("first");
  auto second = record("second");
  second->hash = first->hash;
  const std::uint64_t hash = first->hash;
  index.add(std::move(first));
  index.add(std::move(second));
  EXPECT_EQ(index.find(hash, key("first"))->entry->key(), key("first"));
  EXPECT_EQ(index.find(hash, key("second"))->entry->key(), key("second"));
  EXPECT_EQ(index.find(hash, key("third")), nullptr);
}

TEST(RecordIndex, visits_every_record_once_while_it_grows_and_shrinks) {
  RecordIndex index;
  std::set<std::string> stay;
  for (int i = 0; i < 1000; ++i) {
    stay.insert("stay" + std::to_string(i));
    index.add(record("stay" + std::to_string(i)));
  }
  std::multiset<std::string> seen;
  const auto see = [&seen](const Record& found) { seen.emplace(found.entry->key().id()); };
  std::optional<std::uint64_t> from = 0;
  for (int step = 0; from; ++step) {
    from = index.visit_bucket(*from, see);
    if (step == 300) {
      for (int i = 0; i < 20'000; ++i) {
        index.add(record("come" + std::to_string(i)));
      }
    }
    if (step == 4000) {
      for (int i = 0; i < 20'000; ++i) {
        const Key name = key("come" + std::to_string(i));
        index.remove(*index.find(kHash(name), name));
      }
    }
  }
  for (const std::string& id : stay) {
    EXPECT_EQ(seen.count(id), 1U) << id;
  }
}

}  // namespace
}  // namespace larder::memory

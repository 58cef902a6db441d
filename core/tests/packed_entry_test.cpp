#include <larder/packed_entry.hpp>

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace larder {
namespace {

Entry full_entry() {
  return Entry{.key = Key::literal("tools", std::string_view("weather\0paris", 13)),
               .value = Bytes::copy_of(std::string_view("{\"t\":7}\0", 8)),
               .life = {.fresh = Life::kTotalMax - milliseconds(1), .stale = milliseconds(1)},
               .load_cost = milliseconds(1234),
               .epochs = {{.tag = Key::literal("t", "one"), .epoch = Epoch{1}},
                          {.tag = Key::literal("t", "two"), .epoch = Epoch{~0ULL}}},
               .codec = Codec::zstd,
               .presence = Presence::absence};
}

TEST(PackedEntry, gives_back_every_part_of_the_entry) {
  EXPECT_EQ(PackedEntry::pack(full_entry())->entry(), full_entry());
}

TEST(PackedEntry, keeps_an_entry_without_value_and_tags) {
  const Entry entry{.key = Key::literal("n", "k"), .value = {}, .life = {.fresh = milliseconds(5)}};
  const EntryRef packed = PackedEntry::pack(entry);
  EXPECT_EQ(packed->entry(), entry);
  EXPECT_FALSE(packed->has_tags());
}

TEST(PackedEntry, keeps_the_longest_key_and_a_long_value) {
  const std::string id(Key::kIdBytesMax, 'i');
  const std::string name_space(Key::kNamespaceBytesMax, 'n');
  const Entry entry{.key = *Key::make(name_space, id), .value = Bytes(std::string(1 << 20, 'v'))};
  const EntryRef packed = PackedEntry::pack(entry);
  EXPECT_EQ(packed->entry(), entry);
  EXPECT_EQ(packed->name_space(), name_space);
}

TEST(PackedEntry, clamps_and_saturates_durations) {
  Entry entry = full_entry();
  entry.life = {.fresh = milliseconds(-1), .stale = milliseconds::max()};
  entry.load_cost = milliseconds::max();
  const EntryRef packed = PackedEntry::pack(entry);
  EXPECT_EQ(packed->life().fresh, milliseconds(0));
  EXPECT_GT(packed->life().stale, Life::kTotalMax);
  EXPECT_EQ(packed->load_cost(), milliseconds(0xffff'ffff));
}

TEST(PackedEntry, has_room_for_the_store_in_front) {
  constexpr std::size_t kPrefix = 24;
  const EntryRef packed = PackedEntry::pack(full_entry(), kPrefix);
  std::memset(packed->prefix(), 0xab, kPrefix);
  EXPECT_EQ(packed->entry(), full_entry());
  EXPECT_EQ(packed->bytes(), PackedEntry::bytes_for(full_entry(), kPrefix));
  EXPECT_EQ(packed->bytes(), PackedEntry::pack(full_entry())->bytes() + kPrefix);
}

TEST(PackedEntry, lives_as_long_as_its_value_is_held) {
  EntryRef packed = PackedEntry::pack(full_entry());
  const Bytes value = value_of(packed);
  const Bytes part = value.sub(2, 3);
  packed = {};
  EXPECT_EQ(value, full_entry().value);
  EXPECT_EQ(part.view(), value.view().substr(2, 3));
}

}  // namespace
}  // namespace larder

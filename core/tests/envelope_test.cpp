#include <larder/envelope.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace larder {
namespace {

using std::chrono::milliseconds;

StoredEntry full_entry() {
  return {.entry = {.key = Key::literal("tools", "weather:get"),
                    .value = Bytes(std::string("{\"temp\":7}\0", 11)),
                    .life = {.fresh = milliseconds(60'000), .stale = milliseconds(3'600'000)},
                    .load_cost = milliseconds(250),
                    .epochs = {{.tag = Key::literal("tag", "weather"),
                                .epoch = Epoch{0x0123456789abcdef}},
                               {.tag = Key::literal("tag", "all"), .epoch = Epoch{42}}},
                    .codec = Codec::zstd,
                    .presence = Presence::value},
          .version = Version{0xfeedfacecafebeef}};
}

StoredEntry smallest_entry() {
  return {.entry = {.key = Key::literal("n", "k"), .value = {}, .presence = Presence::absence},
          .version = Version{1}};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(Envelope, reads_back_what_it_wrote) {
  for (const StoredEntry& stored : {full_entry(), smallest_entry()}) {
    const Bytes bytes(encode_envelope(stored.entry, stored.version));
    const auto again = decode_envelope(bytes, stored.entry.key);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again, stored);
  }
}

// These files were written by the first release of each format and are never rewritten.
TEST(Envelope, reads_every_released_format_forever) {
  const std::filesystem::path folder = LARDER_GOLDEN_FOLDER;
  const Bytes full(read_file(folder / "envelope-1-full.bin"));
  EXPECT_EQ(decode_envelope(full).value(), full_entry());
  EXPECT_EQ(encode_envelope(full_entry().entry, full_entry().version), full.view());
  const Bytes smallest(read_file(folder / "envelope-1-smallest.bin"));
  EXPECT_EQ(decode_envelope(smallest).value(), smallest_entry());
}

TEST(Envelope, calls_every_cut_corrupt) {
  const std::string whole = encode_envelope(full_entry().entry, Version{1});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = decode_envelope(Bytes(whole.substr(0, size)));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), Errc::corrupt);
  }
  EXPECT_FALSE(decode_envelope(Bytes(whole + "x")));
}

TEST(Envelope, refuses_an_entry_of_another_key) {
  const Bytes bytes(encode_envelope(full_entry().entry, Version{1}));
  const auto other = decode_envelope(bytes, Key::literal("tools", "weather:set"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().context(), "envelope: holds another key");
}

TEST(Envelope, refuses_foreign_bytes_and_unknown_formats) {
  EXPECT_EQ(decode_envelope(Bytes(std::string("hello"))).error().code(), Errc::corrupt);
  std::string newer = encode_envelope(full_entry().entry, Version{1});
  newer[3] = 2;
  EXPECT_EQ(decode_envelope(Bytes(newer)).error().context(), "envelope: format 2 is not known");
}

TEST(Envelope, reads_coded_values_and_names_a_codec_it_does_not_know) {
  Entry entry = full_entry().entry;
  entry.codec = Codec::coded;
  std::string written = encode_envelope(entry, Version{1});
  EXPECT_EQ(decode_envelope(Bytes(written)).value().entry, entry);
  written[5] = 3;
  EXPECT_EQ(decode_envelope(Bytes(written)).error().context(), "envelope: codec 3 is not known");
}

}  // namespace
}  // namespace larder

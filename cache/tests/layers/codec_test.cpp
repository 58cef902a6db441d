#include <larder/cache/codec.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <zstd.h>

#include <larder/envelope.hpp>

#include "stage.hpp"

namespace larder {
namespace {

CodecKey key_of(std::uint32_t id, char filling) {
  return {.id = id, .secret = Secret(std::string(CodecKey::kBytes, filling))};
}

// Hard to compress, and the same in each run.
std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text.push_back(static_cast<char>(state >> 24));
  }
  return text;
}

class Codecs : public testing::Test {
 public:
  FakeClock clock;
  std::unique_ptr<CacheBackend> store = memory_store(clock);

  std::unique_ptr<CodecBackend> codec(CodecOptions options = {}) {
    return CodecBackend::make(*store, std::move(options)).value();
  }
  EntryRef stored(const Key& key = kKey) { return run(get(*store, key)).value().value().entry; }
  // Puts an entry below the codec, as someone else might.
  void plant(const Key& key, std::string value, Codec coding, Presence presence = Presence::value) {
    Entry entry = entry_of(key, std::move(value));
    entry.codec = coding;
    entry.presence = presence;
    run(put(*store, entry));
  }
};

TEST_F(Codecs, compresses_what_is_large_enough_and_gives_it_back) {
  const auto layer = codec();
  const std::string value(4096, 'a');
  run(put(*layer, entry_of(kKey, value)));
  EXPECT_EQ(stored()->codec(), Codec::coded);
  EXPECT_LT(stored()->value().size(), 200U);
  const auto found = run(get(*layer, kKey)).value().value();
  EXPECT_EQ(found.entry->value(), value);
  EXPECT_EQ(found.entry->codec(), Codec::none);
  EXPECT_EQ(layer->codec_stats().compressed, 1U);
  EXPECT_EQ(layer->codec_stats().bytes_before, 4096U);
  EXPECT_EQ(layer->codec_stats().bytes_after, stored()->value().size());
}

TEST_F(Codecs, leaves_small_values_as_they_are) {
  const auto layer = codec();
  run(put(*layer, entry_of(kKey, std::string(1023, 'a'))));
  EXPECT_EQ(stored()->codec(), Codec::none);
  EXPECT_EQ(layer->codec_stats().left_plain, 0U);
}

TEST_F(Codecs, compresses_after_a_value_that_saved_too_little) {
  const auto layer = codec();
  run(put(*layer, entry_of(kKey, noise(4096))));
  run(put(*layer, entry_of(kKey, std::string(4096, 'a'))));
  EXPECT_EQ(stored()->codec(), Codec::coded);
  EXPECT_EQ(layer->codec_stats().compressed, 1U);
}

TEST_F(Codecs, leaves_values_as_they_are_when_less_than_an_eighth_is_saved) {
  const auto layer = codec();
  run(put(*layer, entry_of(kKey, noise(4096))));
  EXPECT_EQ(stored()->codec(), Codec::none);
  EXPECT_EQ(stored()->value(), noise(4096));
  EXPECT_EQ(layer->codec_stats().left_plain, 1U);
}

TEST_F(Codecs, compresses_nothing_when_told_so) {
  const auto layer = codec({.compress_from = 0});
  run(put(*layer, entry_of(kKey, std::string(4096, 'a'))));
  EXPECT_EQ(stored()->codec(), Codec::none);
}

TEST_F(Codecs, refuses_every_damaged_frame_and_counts_it) {
  const auto layer = codec();
  run(put(*layer, entry_of(kKey, std::string(4096, 'a'))));
  const std::string whole(stored()->value());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    plant(kKey, damaged, Codec::coded);
    EXPECT_EQ(run(text(*layer, kKey)), "corrupt") << i;
    plant(kKey, whole.substr(0, i), Codec::coded);
    EXPECT_EQ(run(text(*layer, kKey)), "corrupt") << i;
  }
  EXPECT_EQ(layer->codec_stats().unreadable, 2 * whole.size());
  EXPECT_EQ(layer->stats().corrupt, 2 * whole.size());
}

TEST_F(Codecs, refuses_a_frame_that_claims_more_than_a_value_may_be) {
  const auto layer = codec();
  const std::string bomb(layer->capabilities().value_bytes_max + 1, 'a');
  std::string frame(ZSTD_compressBound(bomb.size()), '\0');
  frame.resize(ZSTD_compress(frame.data(), frame.size(), bomb.data(), bomb.size(), 1));
  plant(kKey, std::string("\1\0", 2) + frame, Codec::coded);
  EXPECT_EQ(run(get(*layer, kKey)).error().context(), "coded value: a frame of no acceptable size");
}

TEST_F(Codecs, refuses_a_second_frame_behind_the_first) {
  const auto layer = codec();
  run(put(*layer, entry_of(kKey, std::string(4096, 'a'))));
  const std::string whole(stored()->value());
  plant(kKey, whole + whole.substr(2), Codec::coded);
  EXPECT_EQ(run(text(*layer, kKey)), "corrupt");
}

TEST_F(Codecs, encrypts_every_value_and_gives_it_back) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  for (const std::string& value : {std::string(), std::string("secret"), std::string(4096, 's')}) {
    run(put(*layer, entry_of(kKey, value)));
    EXPECT_EQ(stored()->codec(), Codec::coded);
    EXPECT_EQ(stored()->value().find("secret"), std::string_view::npos);
    EXPECT_EQ(run(text(*layer, kKey)), value);
  }
  EXPECT_EQ(layer->codec_stats().encrypted, 3U);
}

TEST_F(Codecs, encrypts_one_value_differently_each_time) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  run(put(*layer, entry_of(kKey, "secret")));
  const std::string first(stored()->value());
  run(put(*layer, entry_of(kKey, "secret")));
  EXPECT_NE(stored()->value(), first);
}

TEST_F(Codecs, refuses_a_row_that_was_moved_to_another_key) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  run(put(*layer, entry_of(kKey, "secret")));
  plant(kOther, std::string(stored()->value()), Codec::coded);
  EXPECT_EQ(run(text(*layer, kOther)), "corrupt");
}

TEST_F(Codecs, refuses_a_row_that_was_made_an_absence) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  run(put(*layer, entry_of(kKey, "secret")));
  plant(kKey, std::string(stored()->value()), Codec::coded, Presence::absence);
  EXPECT_EQ(run(text(*layer, kKey)), "corrupt");
}

TEST_F(Codecs, refuses_every_changed_byte_of_an_encrypted_row) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  run(put(*layer, entry_of(kKey, "secret")));
  const std::string whole(stored()->value());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    plant(kKey, changed, Codec::coded);
    EXPECT_EQ(run(text(*layer, kKey)), "corrupt") << i;
    plant(kKey, whole.substr(0, i), Codec::coded);
    EXPECT_EQ(run(text(*layer, kKey)), "corrupt") << i;
  }
}

TEST_F(Codecs, refuses_what_is_not_encrypted_where_it_should_be) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  plant(kKey, "planted", Codec::none);
  EXPECT_EQ(run(get(*layer, kKey)).error().context(), "coded value: not encrypted");
  run(put(*codec(), entry_of(kKey, std::string(4096, 'a'))));
  EXPECT_EQ(run(get(*layer, kKey)).error().context(), "coded value: not encrypted");
}

TEST_F(Codecs, refuses_what_is_encrypted_where_it_has_no_key) {
  run(put(*codec({.keys = {key_of(1, 'a')}}), entry_of(kKey, "secret")));
  EXPECT_EQ(run(get(*codec(), kKey)).error().context(),
            "coded value: encrypted, and there is no key");
}

TEST_F(Codecs, reads_under_every_key_and_writes_under_the_first) {
  const auto before = codec({.keys = {key_of(1, 'a')}});
  const auto both = codec({.keys = {key_of(2, 'b'), key_of(1, 'a')}});
  const auto after = codec({.keys = {key_of(2, 'b')}});
  run(put(*before, entry_of(kKey, "old")));
  EXPECT_EQ(run(text(*both, kKey)), "old");
  EXPECT_EQ(run(get(*after, kKey)).error().context(),
            "coded value: encrypted under key 1, which is not known");
  run(put(*both, entry_of(kKey, "new")));
  EXPECT_EQ(run(text(*after, kKey)), "new");
}

TEST_F(Codecs, asks_for_a_lease_again_where_an_entry_cannot_be_read) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  plant(kKey, "planted", Codec::none);
  const std::vector<LeaseRequest> requests{{.key = kKey}, {.key = kOther}};
  const auto answers = run(layer->read_or_lease(requests, kNoDeadline));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->state, LeaseState::granted);
    EXPECT_FALSE(answer->found);
  }
  const std::vector<Fill> fills{{.entry = entry_of(kKey, "good"), .token = answers[0]->token}};
  EXPECT_EQ(run(layer->fill(fills, kNoDeadline)).front(), FillOutcome::stored);
  EXPECT_EQ(run(text(*layer, kKey)), "good");
}

TEST_F(Codecs, keeps_what_a_value_was_already_coded_with) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  Entry entry = entry_of(kKey, "a frame of its own");
  entry.codec = Codec::zstd;
  run(put(*layer, entry));
  EXPECT_EQ(run(get(*layer, kKey)).value()->entry->entry(), entry);
}

TEST_F(Codecs, stacks_on_itself) {
  const auto lower = codec({.keys = {key_of(1, 'a')}});
  const auto upper = CodecBackend::make(*lower, {.keys = {key_of(2, 'b')}}).value();
  run(put(*upper, entry_of(kKey, "twice")));
  EXPECT_EQ(run(text(*upper, kKey)), "twice");
}

TEST_F(Codecs, takes_a_value_of_the_largest_size_and_refuses_a_larger_one_beside_it) {
  const auto layer = codec({.keys = {key_of(1, 'a')}});
  const std::size_t most = layer->capabilities().value_bytes_max;
  EXPECT_LT(most, store->capabilities().value_bytes_max);
  const std::vector<PutItem> items{{.entry = entry_of(kKey, std::string(most + 1, 'a'))},
                                   {.entry = entry_of(kOther, noise(most))}};
  const auto answers = run(layer->put(items, kNoDeadline));
  EXPECT_EQ(answers[0].error().code(), Errc::too_large);
  ASSERT_TRUE(answers[1]) << answers[1].error().message();
  EXPECT_EQ(run(text(*layer, kOther)), noise(most));
}

// Written by the release that introduced coded values, and never rewritten.
TEST_F(Codecs, reads_every_released_coded_value_forever) {
  std::string value;
  for (int i = 0; i < 80; ++i) {
    value += R"({"temp":7,"wind":"north"})";
  }
  const std::filesystem::path folder = LARDER_GOLDEN_FOLDER;
  for (const char* name : {"compressed", "encrypted", "both"}) {
    std::ifstream file(folder / (std::string("envelope-1-") + name + ".bin"), std::ios::binary);
    const Bytes bytes(std::string(std::istreambuf_iterator<char>(file), {}));
    const auto decoded = decode_envelope(bytes);
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message();
    EXPECT_EQ(decoded->entry.codec, Codec::coded);
    run(put(*store, decoded->entry));
    const bool plain = std::string_view(name) == "compressed";
    const auto layer = codec(plain ? CodecOptions() : CodecOptions{.keys = {key_of(7, 'k')}});
    EXPECT_EQ(run(text(*layer, decoded->entry.key)), value) << name;
  }
}

TEST_F(Codecs, refuses_options_out_of_range_and_tells_no_secret) {
  const CodecKey shorter{.id = 5, .secret = Secret("hunter2")};
  const auto made = CodecBackend::make(*store, {.keys = {shorter}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().context(), "codec: keys: key 5 is not 32 bytes");
  EXPECT_FALSE(CodecBackend::make(*store, {.level = 0}));
  EXPECT_FALSE(CodecBackend::make(*store, {.level = 20}));
  EXPECT_FALSE(CodecBackend::make(*store, {.keys = {key_of(1, 'a'), key_of(1, 'b')}}));
  EXPECT_FALSE(CodecBackend::make(*store, {.keys = std::vector<CodecKey>(17, key_of(1, 'a'))}));
}

}  // namespace
}  // namespace larder

#include "engine/cache_status.hpp"

#include <array>

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;

TEST(CacheStatus, writes_the_forms_of_rfc_9211) {
  EXPECT_EQ(write_cache_status({.outcome = CacheOutcome::hit, .ttl = 59'900ms}),
            "larder; hit; ttl=59");
  EXPECT_EQ(write_cache_status({.outcome = CacheOutcome::uri_miss, .stored = true, .ttl = 60s}),
            "larder; fwd=uri-miss; stored; ttl=60");
  EXPECT_EQ(write_cache_status({.outcome = CacheOutcome::uri_miss, .collapsed = true}),
            "larder; fwd=uri-miss; collapsed");
  EXPECT_EQ(write_cache_status({.outcome = CacheOutcome::bypass}), "larder; fwd=bypass");
  EXPECT_EQ(write_cache_status({}), "larder; detail=local");
}

TEST(CacheStatus, counts_a_stale_answer_as_negative_ttl) {
  EXPECT_EQ(write_cache_status(note_of({.value = Bytes(),
                                        .fresh_left = -4'500ms,
                                        .source = Source::stale,
                                        .cause = MissCause::expired})),
            "larder; fwd=stale; ttl=-5; detail=stale-if-error");
}

TEST(CacheStatus, tells_how_an_answer_came_about) {
  EXPECT_EQ(note_of({.value = Bytes(), .fresh_left = 5s}).outcome, CacheOutcome::hit);
  const CacheNote loaded = note_of({.value = Bytes(),
                                    .fresh_left = 5s,
                                    .source = Source::load,
                                    .cause = MissCause::absent,
                                    .stored = true});
  EXPECT_EQ(loaded.outcome, CacheOutcome::uri_miss);
  EXPECT_TRUE(loaded.stored);
  const CacheNote outdated =
      note_of({.value = Bytes(), .source = Source::load, .cause = MissCause::invalidated});
  EXPECT_EQ(outdated.detail, "invalidated");
  EXPECT_FALSE(outdated.ttl);
}

TEST(CacheStatus, calls_a_merge_of_hits_and_misses_partial) {
  const CacheNote hit{.outcome = CacheOutcome::hit, .ttl = 9s};
  const CacheNote miss{.outcome = CacheOutcome::uri_miss, .stored = true, .ttl = 60s};
  const CacheNote both = merge_notes(std::array{hit, miss});
  EXPECT_EQ(both.outcome, CacheOutcome::partial);
  EXPECT_EQ(both.ttl, 9s);
  EXPECT_TRUE(both.stored);
  EXPECT_EQ(merge_notes(std::array{hit, hit}).outcome, CacheOutcome::hit);
  EXPECT_EQ(merge_notes({}).outcome, CacheOutcome::local);
}

}  // namespace
}  // namespace larder::gateway

#include <vector>

#include "store.hpp"

namespace larder::memory {
namespace {

LeaseToken granted(Store& store, std::string_view id, milliseconds hold = 3s) {
  const auto answer = store.lease(id, hold);
  EXPECT_EQ(answer->state, LeaseState::granted);
  return answer->token;
}

TEST(MemoryLeases, one_caller_is_granted_and_the_others_are_busy) {
  Store store;
  const LeaseToken token = granted(store, "a");
  EXPECT_EQ(store.lease("a")->state, LeaseState::busy);
  EXPECT_EQ(*store.fill(entry("a", "loaded"), token), FillOutcome::stored);
  const auto hit = store.lease("a");
  EXPECT_EQ(hit->state, LeaseState::not_needed);
  EXPECT_EQ(hit->found->entry->value(), "loaded");
}

TEST(MemoryLeases, tokens_grow) {
  Store store;
  const LeaseToken first = granted(store, "a");
  EXPECT_TRUE(*store.release("a", first));
  EXPECT_GT(granted(store, "a"), first);
}

TEST(MemoryLeases, a_stale_entry_comes_with_the_lease) {
  Store store;
  store.put(entry("a", "stale", {.fresh = 1ms, .stale = 1h}));
  store.clock.advance(1ms);
  const auto first = store.lease("a");
  EXPECT_EQ(first->state, LeaseState::granted);
  EXPECT_EQ(first->found->entry->value(), "stale");
  const auto second = store.lease("a");
  EXPECT_EQ(second->state, LeaseState::busy);
  EXPECT_EQ(second->found->entry->value(), "stale");
}

TEST(MemoryLeases, an_entry_that_was_refused_is_answered_like_a_stale_one) {
  Store store;
  const Version refused = store.put(entry("a", "outdated"))->version;
  const auto answer = store.lease("a", 3s, refused);
  EXPECT_EQ(answer->state, LeaseState::granted);
  EXPECT_EQ(answer->found->version, refused);
  store.put(entry("a", "newer"));
  EXPECT_EQ(store.lease("a", 3s, refused)->state, LeaseState::not_needed);
}

TEST(MemoryLeases, erase_put_release_and_time_void_them) {
  Store store;
  const LeaseToken erased = granted(store, "a");
  EXPECT_FALSE(store.erase("a"));
  EXPECT_EQ(*store.fill(entry("a", "late"), erased), FillOutcome::void_lease);

  const LeaseToken overwritten = granted(store, "a");
  store.put(entry("a", "put", {.fresh = 1ms}));
  EXPECT_EQ(*store.fill(entry("a", "late"), overwritten), FillOutcome::void_lease);
  EXPECT_EQ(store.text("a"), "put");
  store.clock.advance(1ms);

  const LeaseToken released = granted(store, "a");
  EXPECT_TRUE(*store.release("a", released));
  EXPECT_FALSE(*store.release("a", released));
  EXPECT_EQ(*store.fill(entry("a", "late"), released), FillOutcome::void_lease);

  const LeaseToken slow = granted(store, "a", 10ms);
  store.clock.advance(10ms);
  EXPECT_FALSE(*store.renew("a", slow, 10ms));
  EXPECT_EQ(*store.fill(entry("a", "late"), slow), FillOutcome::void_lease);
  EXPECT_FALSE(store.get("a"));
}

TEST(MemoryLeases, a_put_whose_condition_fails_leaves_the_lease) {
  Store store;
  const LeaseToken token = granted(store, "a");
  EXPECT_FALSE(store.put(entry("a", "no"), IfVersion{Version{1}})->stored);
  EXPECT_EQ(*store.fill(entry("a", "yes"), token), FillOutcome::stored);
}

TEST(MemoryLeases, touch_leaves_the_lease) {
  Store store;
  store.put(entry("a", "stale", {.fresh = 1ms, .stale = 1h}));
  store.clock.advance(1ms);
  const LeaseToken token = granted(store, "a");
  EXPECT_TRUE(*store.touch("a", 0ms));
  EXPECT_EQ(*store.fill(entry("a", "loaded"), token), FillOutcome::stored);
}

TEST(MemoryLeases, renewing_counts_from_now) {
  Store store;
  const LeaseToken token = granted(store, "a", 10ms);
  store.clock.advance(9ms);
  EXPECT_TRUE(*store.renew("a", token, 10ms));
  store.clock.advance(9ms);
  EXPECT_EQ(store.lease("a")->state, LeaseState::busy);
  store.clock.advance(1ms);
  EXPECT_GT(granted(store, "a"), token);
  EXPECT_FALSE(*store.release("a", token));
}

TEST(MemoryLeases, a_fill_without_life_ends_the_lease_and_leaves_no_entry) {
  Store store;
  store.put(entry("a", "stale", {.fresh = 1ms, .stale = 1h}));
  store.clock.advance(1ms);
  const LeaseToken token = granted(store, "a");
  EXPECT_EQ(*store.fill(entry("a", "gone at once", {}), token), FillOutcome::stored);
  EXPECT_FALSE(store.get("a"));
  granted(store, "a");
}

TEST(MemoryLeases, refuse_a_hold_out_of_range_and_too_large_a_value) {
  Store store;
  EXPECT_EQ(store.lease("a", 0ms).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store.lease("a", 1h + 1ms).error().code(), Errc::invalid_argument);
  const LeaseToken token = granted(store, "a", 1h);
  EXPECT_EQ(store.renew("a", token, 2h).error().code(), Errc::invalid_argument);
  const std::size_t most = store.backend->capabilities().value_bytes_max;
  EXPECT_EQ(store.fill(entry("a", std::string(most + 1, 'x')), token).error().code(),
            Errc::too_large);
  EXPECT_TRUE(*store.release("a", token));
}

TEST(MemoryLeases, a_key_twice_in_one_batch_is_granted_once) {
  Store store;
  const std::vector<LeaseRequest> requests = {{.key = key("a")}, {.key = key("a")}};
  const auto answers = run(store.backend->read_or_lease(requests, kNoDeadline));
  EXPECT_EQ(answers[0]->state, LeaseState::granted);
  EXPECT_EQ(answers[1]->state, LeaseState::busy);
}

}  // namespace
}  // namespace larder::memory

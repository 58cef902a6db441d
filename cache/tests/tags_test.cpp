// Tags: an entry made under an old epoch is a miss, whoever asks and however it came about.
#include "cache_fixture.hpp"

namespace larder {
namespace {

// Each over a store of this process, and over one that is far, which is asked for epochs beside
// the entries.
class Tags : public CacheFixture, public ::testing::WithParamInterface<bool> {
 protected:
  Tags() {
    policy.tags = {tag};
    Capabilities can = store.capabilities();
    can.shared = GetParam();
    store.set_capabilities(can);
  }

  Result<void> invalidate() { return run(cache.invalidate(std::span(&tag, 1), kNoDeadline)); }
};

TEST_P(Tags, an_entry_is_a_hit_under_the_current_epochs) {
  EXPECT_TRUE(load());
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(text_of(*get().value()), "sunny");
}

TEST_P(Tags, invalidating_a_tag_makes_its_entries_misses) {
  EXPECT_TRUE(load());
  EXPECT_TRUE(invalidate());
  EXPECT_FALSE(get().value());
  const auto answer = load();
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->cause, MissCause::invalidated);
  EXPECT_EQ(cache.stats().misses_invalidated, 2U);
  EXPECT_EQ(cache.stats().invalidations, 1U);
}

TEST_P(Tags, invalidating_one_tag_leaves_the_entries_of_others) {
  EXPECT_TRUE(load());
  const Tag other = Tag::literal("tag", "italy");
  EXPECT_TRUE(run(cache.invalidate(std::span(&other, 1), kNoDeadline)));
  EXPECT_EQ(load()->source, Source::store);
}

TEST_P(Tags, an_entry_is_judged_by_its_own_tags_not_by_those_of_the_policy) {
  EXPECT_TRUE(load());
  policy.tags.clear();
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_TRUE(invalidate());
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

TEST_P(Tags, a_new_tag_of_the_policy_leaves_older_entries_as_they_are) {
  EXPECT_TRUE(load());
  policy.tags = {Tag::literal("tag", "europe")};
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_TRUE(invalidate());
  EXPECT_EQ(load()->source, Source::load);
  ASSERT_EQ(store.entry(key)->epochs().size(), 1U);
  EXPECT_EQ(store.entry(key)->epochs().front().tag, policy.tags.front());
}

TEST_P(Tags, the_epochs_cost_one_call_for_a_hit_and_one_for_a_miss) {
  EXPECT_TRUE(load());
  EXPECT_EQ(store.calls(Verb::epochs), 1U);
  EXPECT_TRUE(load());
  EXPECT_EQ(store.calls(Verb::epochs), 2U);
  EXPECT_EQ(store.calls(Verb::get), 2U);
}

TEST_P(Tags, an_invalidation_during_a_load_makes_its_entry_a_miss) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 1; });
    EXPECT_TRUE(co_await cache.invalidate(std::span(&tag, 1), kNoDeadline));
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
  });
  EXPECT_FALSE(get().value());
  origin.takes = 0s;
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

TEST_P(Tags, a_caller_after_an_invalidation_does_not_join_the_load_before_it) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto before = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 1; });
    EXPECT_TRUE(co_await cache.invalidate(std::span(&tag, 1), kNoDeadline));
    origin.answer = Loaded{.value = bytes("rain")};
    auto after = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 2; });
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await before.answer()), "sunny");
    EXPECT_EQ(text_of(co_await after.answer()), "rain");
  });
  EXPECT_EQ(text_of(load()), "rain");
  EXPECT_EQ(origin.loads, 2);
}

TEST_P(Tags, a_caller_whose_look_is_older_than_an_invalidation_joins_the_load_after_it) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    // The early caller has read the epochs of before, and is slow to go on.
    store.answer_epochs_late(10ms);
    auto early = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    store.answer_epochs_late(0ms);
    EXPECT_TRUE(co_await cache.invalidate(std::span(&tag, 1), kNoDeadline));
    auto after = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 1; });
    clock.advance(10ms);
    co_await yield_until([&] { return cache.stats().coalesced == 1; });
    clock.advance(990ms);
    EXPECT_TRUE(co_await early.answer());
    EXPECT_TRUE(co_await after.answer());
  });
  EXPECT_EQ(origin.loads, 1);
}

TEST_P(Tags, does_not_serve_stale_that_was_invalidated) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  EXPECT_TRUE(invalidate());
  origin.throws = true;
  EXPECT_EQ(load().error().code(), Errc::load_failed);
  EXPECT_FALSE(origin.seen_stale);
}

TEST_P(Tags, does_not_serve_an_entry_whose_epochs_cannot_be_read) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  store.fail(Verb::epochs, unavailable("no epochs"));
  EXPECT_EQ(load()->cause, MissCause::unavailable);
  origin.throws = true;
  EXPECT_EQ(load().error().code(), Errc::load_failed);
  EXPECT_EQ(get().error().code(), Errc::unavailable);
}

TEST_P(Tags, does_not_store_under_epochs_that_could_not_be_read) {
  store.fail(Verb::epochs, unavailable("no epochs"));
  const auto answer = load();
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->cause, MissCause::unavailable);
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_P(Tags, put_stores_under_the_epochs_of_now) {
  EXPECT_TRUE(run(cache.put(key, bytes("snow"), policy, kNoDeadline)).value());
  EXPECT_EQ(text_of(load()), "snow");
  EXPECT_TRUE(invalidate());
  EXPECT_FALSE(get().value());
}

TEST_P(Tags, put_fails_where_the_epochs_cannot_be_read) {
  store.fail_once(Verb::epochs, unavailable("no epochs"));
  const auto put = run(cache.put(key, bytes("snow"), policy, kNoDeadline));
  EXPECT_EQ(put.error().code(), Errc::unavailable);
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_P(Tags, are_refused_where_the_store_has_no_epochs) {
  Capabilities without = store.capabilities();
  without.epochs = false;
  store.set_capabilities(without);
  EXPECT_EQ(cache.check_policy(policy).error().code(), Errc::unsupported);
  EXPECT_EQ(load().error().code(), Errc::unsupported);
  policy.tags.clear();
  EXPECT_TRUE(cache.check_policy(policy));
  EXPECT_TRUE(load());
}

TEST_P(Tags, invalidate_takes_more_tags_than_the_store_takes_at_once) {
  Capabilities small = store.capabilities();
  small.batch_max = 2;
  store.set_capabilities(small);
  EXPECT_TRUE(load());
  const std::vector<Tag> tags = {Tag::literal("tag", "a"), Tag::literal("tag", "b"),
                                 Tag::literal("tag", "c"), Tag::literal("tag", "d"), tag};
  EXPECT_TRUE(run(cache.invalidate(tags, kNoDeadline)));
  EXPECT_EQ(store.calls(Verb::bump), 3U);
  EXPECT_EQ(cache.stats().invalidations, 5U);
  EXPECT_FALSE(get().value());
}

TEST_P(Tags, invalidate_goes_on_after_a_failure_and_tells_it) {
  Capabilities small = store.capabilities();
  small.batch_max = 1;
  store.set_capabilities(small);
  EXPECT_TRUE(load());
  store.fail_once(Verb::bump, unavailable("first"));
  const std::vector<Tag> tags = {Tag::literal("tag", "a"), tag};
  EXPECT_EQ(run(cache.invalidate(tags, kNoDeadline)).error().message(), "unavailable: first");
  EXPECT_FALSE(get().value());
  EXPECT_EQ(cache.stats().invalidations, 1U);
}

TEST_P(Tags, invalidating_no_tags_is_nothing) {
  EXPECT_TRUE(run(cache.invalidate({}, kNoDeadline)));
  EXPECT_EQ(store.calls(Verb::bump), 0U);
}

INSTANTIATE_TEST_SUITE_P(Store, Tags, ::testing::Values(false, true),
                         [](const auto& far) { return far.param ? "far" : "near"; });

}  // namespace
}  // namespace larder

// Answering before a load has ended, and instead of one: stale-while-revalidate, soft
// deadlines, early refresh, remembered failures, not modified.
#include <cmath>
#include "cache_fixture.hpp"

#include "keeping.hpp"

namespace larder {
namespace {

class Refresh : public CacheFixture {
 protected:
  // An entry that went stale a second ago.
  void make_stale() {
    EXPECT_TRUE(load());
    clock.advance(61s);
    origin.answer = Loaded{.value = bytes("rain")};
  }
};

// ---- stale-while-revalidate ----

TEST_F(Refresh, a_stale_entry_is_answered_at_once_and_renewed_once) {
  policy.stale_while_revalidate = 10s;
  make_stale();
  origin.takes = 1s;
  play([&](const Executor&) -> awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      const auto answer = co_await loading();
      EXPECT_EQ(text_of(answer), "sunny");
      EXPECT_EQ(answer->source, Source::stale);
      EXPECT_EQ(answer->cause, MissCause::expired);
      EXPECT_FALSE(answer->failure);
    }
    co_await until_loads(2);
    clock.advance(1s);
    co_await yield_until([&] { return store.entry(key)->value() == "rain"; });
  });
  EXPECT_EQ(origin.loads, 2);
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(cache.stats().revalidations, 1U);
  EXPECT_EQ(cache.stats().stale_while_revalidating, 3U);
}

TEST_F(Refresh, beyond_stale_while_revalidate_the_caller_waits) {
  policy.stale_while_revalidate = 10s;
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(70s);
  origin.answer = Loaded{.value = bytes("rain")};
  EXPECT_EQ(text_of(load()), "rain");
}

TEST_F(Refresh, what_was_invalidated_is_not_answered_while_it_is_renewed) {
  policy.stale_while_revalidate = 10s;
  policy.tags = {tag};
  make_stale();
  EXPECT_TRUE(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_EQ(text_of(load()), "rain");
}

TEST_F(Refresh, a_load_in_the_background_goes_on_when_all_callers_have_gone) {
  policy.stale_while_revalidate = 10s;
  make_stale();
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    EXPECT_EQ((co_await loading())->source, Source::stale);
    co_await until_loads(2);
    // One who waits for it and gives up does not end it.
    policy.stale_while_revalidate = 0s;
    auto waiter = start(executor, loading());
    co_await until_waiting(1);
    waiter.cancel();
    EXPECT_FALSE(co_await waiter.answer());
    clock.advance(1s);
    co_await yield_until([&] { return store.entry(key)->value() == "rain"; });
  });
  EXPECT_EQ(origin.cancelled, 0);
}

TEST_F(Refresh, close_joins_a_load_in_the_background) {
  policy.stale_while_revalidate = 10s;
  make_stale();
  origin.takes = 1h;
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_EQ((co_await loading())->source, Source::stale);
    co_await until_loads(2);
    co_await cache.close();
    EXPECT_EQ(origin.ended, 2);
  });
}

// ---- soft deadline ----

TEST_F(Refresh, a_caller_with_something_stale_waits_no_longer_than_the_soft_deadline) {
  policy.stale_if_error = 1h;
  policy.soft_deadline = 100ms;
  make_stale();
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(2);
    co_await yield_until([&] { return clock.sleepers() == 3; });
    clock.advance(99ms);
    EXPECT_FALSE(call.ended());
    clock.advance(1ms);
    const auto answer = co_await call.answer();
    EXPECT_EQ(answer->source, Source::stale);
    EXPECT_EQ(answer->fresh_left, -1100ms);
    clock.advance(900ms);
    co_await yield_until([&] { return store.entry(key)->value() == "rain"; });
  });
  EXPECT_EQ(origin.cancelled, 0);
  EXPECT_EQ(cache.stats().stale_after_soft_deadline, 1U);
}

TEST_F(Refresh, a_load_within_the_soft_deadline_is_answered) {
  policy.stale_if_error = 1h;
  policy.soft_deadline = 100ms;
  make_stale();
  origin.takes = 50ms;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(2);
    co_await yield_until([&] { return clock.sleepers() == 3; });
    clock.advance(50ms);
    EXPECT_EQ(text_of(co_await call.answer()), "rain");
    co_await yield_until([&] { return clock.sleepers() == 0; });
  });
}

TEST_F(Refresh, without_anything_stale_the_soft_deadline_ends_no_wait) {
  policy.soft_deadline = 100ms;
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
  });
}

// ---- early refresh ----

TEST(EarlyRefresh, is_the_likelier_the_nearer_the_end_and_the_longer_the_load) {
  const auto entry = [](milliseconds cost) {
    return PackedEntry::pack(Entry{.key = Key::literal("weather", "paris"),
                                   .value = Bytes::copy_of("sunny"),
                                   .life = {.fresh = 60s},
                                   .load_cost = cost});
  };
  const auto chance = [&](milliseconds cost, milliseconds left, double beta) {
    return early_refresh_chance(Found{.entry = entry(cost), .life_left = left}, beta);
  };
  EXPECT_DOUBLE_EQ(chance(1s, 1s, 1), std::exp(-1.0));
  EXPECT_DOUBLE_EQ(chance(1s, 2s, 2), std::exp(-1.0));
  EXPECT_LT(chance(1s, 60s, 1), 1e-25);
  EXPECT_EQ(chance(0ms, 1ms, 1), 0);
  EXPECT_EQ(chance(1s, 1ms, 0), 0);
}

TEST_F(Refresh, a_hit_near_its_end_starts_one_load_and_is_answered_with_the_fresh_value) {
  policy.early_refresh = 100;
  origin.takes = 10s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    clock.advance(10s);
    EXPECT_TRUE(co_await call.answer());
    clock.advance(59s);
    origin.answer = Loaded{.value = bytes("rain")};
    // Each hit starts a load with a chance of 0.999.
    for (int hits = 0; hits < 4 || origin.loads < 2; ++hits) {
      const auto answer = co_await loading();
      EXPECT_EQ(text_of(answer), "sunny");
      EXPECT_EQ(answer->source, Source::store);
      EXPECT_GT(answer->fresh_left, 0ms);
    }
    EXPECT_EQ(origin.seen_stale->entry->value(), "sunny");
    clock.advance(500ms);
    EXPECT_EQ(origin.loads, 2);
    clock.advance(9500ms);
    co_await yield_until([&] { return store.entry(key)->value() == "rain"; });
  });
  EXPECT_EQ(origin.loads, 2);
  EXPECT_EQ(cache.stats().early_refreshes, 1U);
}

// ---- remembered failures ----

TEST_F(Refresh, a_failure_answers_further_callers_for_error_ttl) {
  policy.error_ttl = 100ms;
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  EXPECT_EQ(text_of(load()), "unavailable: clouds");
  clock.advance(99ms);
  EXPECT_EQ(text_of(load()), "unavailable: clouds");
  EXPECT_EQ(origin.loads, 1);
  EXPECT_EQ(cache.stats().errors_shared, 1U);
  clock.advance(1ms);
  EXPECT_FALSE(load());
  EXPECT_EQ(origin.loads, 2);
}

TEST_F(Refresh, while_a_failure_is_remembered_the_stale_entry_is_served) {
  policy.error_ttl = 1s;
  policy.stale_if_error = 1h;
  make_stale();
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  EXPECT_EQ(load()->source, Source::stale);
  const auto again = load();
  EXPECT_EQ(again->source, Source::stale);
  EXPECT_EQ(again->failure->message(), "unavailable: clouds");
  EXPECT_EQ(origin.loads, 2);
}

TEST_F(Refresh, a_write_forgets_the_failure) {
  policy.error_ttl = 1s;
  origin.throws = true;
  EXPECT_FALSE(load());
  EXPECT_TRUE(run(cache.erase(key, kNoDeadline)));
  origin.throws = false;
  EXPECT_EQ(text_of(load()), "sunny");
}

TEST_F(Refresh, failures_of_more_keys_than_are_remembered_cost_no_more_memory) {
  policy.error_ttl = 1min;
  origin.throws = true;
  for (int i = 0; i < 10'000; ++i) {
    key = Key::literal("weather", std::to_string(i));
    EXPECT_FALSE(load());
  }
  std::size_t remembered = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto explained =
        run(cache.explain(Key::literal("weather", std::to_string(i)), kNoDeadline));
    remembered += explained->remembered_failure ? 1 : 0;
  }
  EXPECT_GT(remembered, 1000U);
  EXPECT_LE(remembered, 4096U);
}

// ---- not modified ----

TEST_F(Refresh, not_modified_keeps_the_stale_value_for_a_new_life) {
  policy.stale_if_error = 1h;
  make_stale();
  origin.answer = Loaded{.value = std::nullopt, .not_modified = true};
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->fresh_left, 60s);
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(cache.stats().not_modified, 1U);
}

TEST_F(Refresh, not_modified_without_an_entry_is_an_error) {
  origin.answer = Loaded{.value = std::nullopt, .not_modified = true};
  EXPECT_EQ(text_of(load()),
            "load_failed: weather: the loader says not modified, but was shown no entry");
}

// ---- explain ----

TEST_F(Refresh, explain_tells_what_get_or_load_would_do) {
  using Next = Explanation::Next;
  policy.stale_while_revalidate = 10s;
  policy.stale_if_error = 1h;
  policy.soft_deadline = 100ms;
  policy.error_ttl = 1min;
  const auto next = [&] { return *run(cache.explain(key, policy, kNoDeadline))->next; };
  EXPECT_EQ(next(), Next::load);
  EXPECT_TRUE(load());
  EXPECT_EQ(next(), Next::hit);
  clock.advance(61s);
  EXPECT_EQ(next(), Next::stale_at_once);
  clock.advance(10s);
  EXPECT_EQ(next(), Next::load);
  origin.throws = true;
  EXPECT_TRUE(load());
  EXPECT_EQ(next(), Next::remembered);
  EXPECT_THAT(run(cache.explain(key, policy, kNoDeadline))->text(),
              ::testing::EndsWith(
                  "load:  none here\n"
                  "error: load_failed: weather: the loader threw: origin on fire, a moment ago\n"
                  "next:  the stale entry, or the remembered failure\n"));
}

}  // namespace
}  // namespace larder

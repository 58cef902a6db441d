// get, put, erase, expire, explain and check_policy.
#include <cmath>
#include <functional>

#include "cache_fixture.hpp"

namespace larder {
namespace {

class Verbs : public CacheFixture {
 protected:
  Result<bool> put(std::string value) {
    return run(cache.put(key, bytes(std::move(value)), policy, kNoDeadline));
  }
  std::string explained() { return run(cache.explain(key, kNoDeadline))->text(); }
};

TEST_F(Verbs, get_answers_a_fresh_entry) {
  EXPECT_FALSE(get().value());
  EXPECT_TRUE(put("snow").value());
  clock.advance(15s);
  const auto found = get().value();
  ASSERT_TRUE(found);
  EXPECT_EQ(text_of(*found), "snow");
  EXPECT_EQ(found->source, Source::store);
  EXPECT_EQ(found->fresh_left, 45s);
  EXPECT_EQ(cache.stats().hits, 1U);
  EXPECT_EQ(cache.stats().misses_absent, 1U);
}

TEST_F(Verbs, get_answers_a_known_absence_without_a_value) {
  policy.negative_ttl = 5s;
  origin.answer = Loaded{};
  EXPECT_TRUE(load());
  const auto found = get().value();
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->value);
}

TEST_F(Verbs, get_takes_a_stale_entry_for_a_miss) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(put("snow").value());
  clock.advance(61s);
  EXPECT_FALSE(get().value());
  EXPECT_EQ(cache.stats().misses_expired, 1U);
}

TEST_F(Verbs, put_replaces_what_was_there) {
  EXPECT_TRUE(put("snow").value());
  EXPECT_TRUE(put("hail").value());
  EXPECT_EQ(text_of(load()), "hail");
}

TEST_F(Verbs, put_shortens_the_ttl_by_the_jitter) {
  policy.ttl_jitter = 0.5;
  milliseconds sum{0};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(put("snow").value());
    const milliseconds fresh = store.entry(key)->life().fresh;
    EXPECT_GE(fresh, 30s);
    EXPECT_LE(fresh, 60s);
    sum += fresh;
  }
  EXPECT_NEAR(static_cast<double>(sum.count()) / 100, 45'000, 4'000);
}

TEST_F(Verbs, put_keeps_out_what_is_over_the_bound_and_drops_the_older_value) {
  EXPECT_TRUE(put("snow").value());
  policy.value_bytes_max = 4;
  EXPECT_FALSE(put("blizzard").value());
  EXPECT_FALSE(get().value());
}

TEST_F(Verbs, put_keeps_out_what_has_no_life_and_drops_the_older_value) {
  EXPECT_TRUE(put("snow").value());
  policy.ttl = 0s;
  EXPECT_FALSE(put("hail").value());
  EXPECT_FALSE(get().value());
}

TEST_F(Verbs, put_refuses_a_policy_that_check_policy_refuses) {
  policy.ttl = -1ms;
  EXPECT_EQ(put("snow").error().code(), Errc::invalid_argument);
}

TEST_F(Verbs, erase_tells_whether_it_was_there) {
  EXPECT_FALSE(run(cache.erase(key, kNoDeadline)).value());
  EXPECT_TRUE(put("snow").value());
  EXPECT_TRUE(run(cache.erase(key, kNoDeadline)).value());
  EXPECT_FALSE(get().value());
}

TEST_F(Verbs, expire_tells_whether_it_was_there) {
  EXPECT_FALSE(run(cache.expire(key, kNoDeadline)).value());
  EXPECT_TRUE(put("snow").value());
  EXPECT_TRUE(run(cache.expire(key, kNoDeadline)).value());
}

TEST_F(Verbs, expire_keeps_it_for_stale_if_error_but_erase_does_not) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(put("snow").value());
  EXPECT_TRUE(run(cache.expire(key, kNoDeadline)).value());
  EXPECT_FALSE(get().value());
  origin.throws = true;
  EXPECT_EQ(load()->source, Source::stale);
  EXPECT_TRUE(run(cache.erase(key, kNoDeadline)).value());
  EXPECT_EQ(load().error().code(), Errc::load_failed);
}

TEST_F(Verbs, the_next_get_or_load_after_an_expire_loads) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(put("snow").value());
  EXPECT_TRUE(run(cache.expire(key, kNoDeadline)).value());
  const auto answer = load();
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->cause, MissCause::expired);
}

TEST_F(Verbs, each_ends_cancelled_when_its_caller_is_cancelled) {
  policy.tags = {tag};
  EXPECT_TRUE(load());
  for (const Verb verb : {Verb::get, Verb::put, Verb::erase, Verb::touch, Verb::epochs}) {
    store.hang(verb);
  }
  play([&](const Executor& executor) -> awaitable<void> {
    auto getting = start(executor, cache.get(key, kNoDeadline));
    auto putting = start(executor, cache.put(key, bytes("x"), policy, kNoDeadline));
    auto erasing = start(executor, cache.erase(key, kNoDeadline));
    auto expiring = start(executor, cache.expire(key, kNoDeadline));
    auto explaining = start(executor, cache.explain(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 5; });
    getting.cancel();
    putting.cancel();
    erasing.cancel();
    expiring.cancel();
    explaining.cancel();
    EXPECT_EQ((co_await getting.answer()).error().code(), Errc::cancelled);
    EXPECT_EQ((co_await putting.answer()).error().code(), Errc::cancelled);
    EXPECT_EQ((co_await erasing.answer()).error().code(), Errc::cancelled);
    EXPECT_EQ((co_await expiring.answer()).error().code(), Errc::cancelled);
    EXPECT_EQ((co_await explaining.answer()).error().code(), Errc::cancelled);
  });
  EXPECT_EQ(cache.stats().store_errors, 0U);
}

// ---- explain ----

TEST_F(Verbs, explain_tells_of_a_key_that_is_not_there) {
  EXPECT_EQ(explained(),
            "key:   weather:paris\n"
            "get:   miss, absent\n"
            "entry: none\n"
            "load:  none here\n");
}

TEST_F(Verbs, explain_tells_of_a_fresh_value) {
  policy.tags = {tag};
  policy.stale_if_error = 10s;
  EXPECT_TRUE(load());
  EXPECT_EQ(explained(),
            "key:   weather:paris\n"
            "get:   hit\n"
            "entry: a value of 5 bytes, fresh for 60000 ms, then stale for 10000 ms\n"
            "tag:   tag:france at epoch 0000000000000001, current\n"
            "load:  none here\n");
}

TEST_F(Verbs, explain_tells_of_an_invalidated_stale_absence) {
  policy.tags = {tag};
  origin.answer = Loaded{.ttl = 1s, .stale_if_error = 10s};
  EXPECT_TRUE(load());
  EXPECT_TRUE(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)));
  clock.advance(4s);
  EXPECT_EQ(explained(),
            "key:   weather:paris\n"
            "get:   miss, invalidated\n"
            "entry: a known absence, stale for another 7000 ms\n"
            "tag:   tag:france at epoch 0000000000000001, outdated: now 0000000000000003\n"
            "load:  none here\n");
}

TEST_F(Verbs, explain_tells_of_a_running_load) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 1; });
    const auto explanation = co_await cache.explain(key, kNoDeadline);
    EXPECT_TRUE(explanation->loading_here);
    EXPECT_EQ(explanation->waiters, 1U);
    EXPECT_THAT(explanation->text(),
                ::testing::EndsWith("load:  running here, 1 waiting, no lease\n"));
    clock.advance(1s);
    EXPECT_TRUE(co_await call.answer());
  });
}

TEST_F(Verbs, explain_escapes_what_a_terminal_would_obey) {
  key = Key::literal("weather", std::string_view("a\x1b[2J\0\\\xff", 8));
  EXPECT_THAT(explained(), ::testing::StartsWith("key:   weather:a\\x1b[2J\\x00\\x5c\\xff\n"));
}

TEST_F(Verbs, explain_counts_as_no_lookup) {
  EXPECT_TRUE(put("snow").value());
  EXPECT_FALSE(explained().empty());
  EXPECT_EQ(cache.stats().hits, 0U);
}

// ---- check_policy ----

struct Wrong {
  std::string field;
  std::function<void(Policy&)> spoil;
};

class PolicyRanges : public ::testing::TestWithParam<Wrong> {};

TEST_P(PolicyRanges, a_wrong_field_is_invalid_argument_and_named) {
  testkit::FakeClock clock;
  ScriptedBackend store(clock);
  const Cache cache(store, clock, null_log());
  Policy policy;
  EXPECT_TRUE(cache.check_policy(policy));
  GetParam().spoil(policy);
  const auto checked = cache.check_policy(policy);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), Errc::invalid_argument);
  EXPECT_THAT(checked.error().context(), ::testing::HasSubstr(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Cache, PolicyRanges,
    ::testing::Values(
        Wrong{"ttl", [](Policy& policy) { policy.ttl = -1ms; }},
        Wrong{"ttl", [](Policy& policy) { policy.ttl = Life::kTotalMax + 1ms; }},
        Wrong{"ttl_jitter", [](Policy& policy) { policy.ttl_jitter = -0.1; }},
        Wrong{"ttl_jitter", [](Policy& policy) { policy.ttl_jitter = 0.91; }},
        Wrong{"ttl_jitter", [](Policy& policy) { policy.ttl_jitter = std::nan(""); }},
        Wrong{"stale_if_error", [](Policy& policy) { policy.stale_if_error = -1ms; }},
        Wrong{"stale_if_error", [](Policy& policy) { policy.stale_if_error = Life::kTotalMax; }},
        Wrong{"negative_ttl", [](Policy& policy) { policy.negative_ttl = -1ms; }},
        Wrong{"load_deadline", [](Policy& policy) { policy.load_deadline = 0ms; }},
        Wrong{"load_deadline", [](Policy& policy) { policy.load_deadline = 1h + 1ms; }},
        Wrong{"store_deadline", [](Policy& policy) { policy.store_deadline = 0ms; }},
        Wrong{"store_deadline", [](Policy& policy) { policy.store_deadline = 1min + 1ms; }},
        Wrong{"tags", [](Policy& policy) {
                policy.tags.assign(Entry::kTagsMax + 1, Tag::literal("tag", "a"));
              }}));

TEST(PolicyNames, are_those_of_the_enumerators) {
  EXPECT_EQ(to_string(Source::store), "store");
  EXPECT_EQ(to_string(Source::load), "load");
  EXPECT_EQ(to_string(Source::coalesced), "coalesced");
  EXPECT_EQ(to_string(Source::stale), "stale");
  EXPECT_EQ(to_string(MissCause::none), "none");
  EXPECT_EQ(to_string(MissCause::absent), "absent");
  EXPECT_EQ(to_string(MissCause::expired), "expired");
  EXPECT_EQ(to_string(MissCause::invalidated), "invalidated");
  EXPECT_EQ(to_string(MissCause::unavailable), "unavailable");
}

}  // namespace
}  // namespace larder

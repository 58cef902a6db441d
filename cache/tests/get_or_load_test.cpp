#include "cache_fixture.hpp"

namespace larder {
namespace {

class GetOrLoad : public CacheFixture {};

TEST_F(GetOrLoad, loads_what_is_not_there_and_stores_it) {
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->cause, MissCause::absent);
  EXPECT_TRUE(answer->stored);
  EXPECT_EQ(answer->fresh_left, 60s);
  EXPECT_EQ(store.entry(key)->value(), "sunny");
}

TEST_F(GetOrLoad, answers_a_fresh_entry_without_loading) {
  EXPECT_TRUE(load());
  clock.advance(20s);
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_EQ(answer->source, Source::store);
  EXPECT_EQ(answer->cause, MissCause::none);
  EXPECT_TRUE(answer->stored);
  EXPECT_EQ(answer->fresh_left, 40s);
  EXPECT_EQ(origin.loads, 1);
}

TEST_F(GetOrLoad, asks_the_store_once_for_a_hit_without_tags) {
  EXPECT_TRUE(load());
  const auto gets = store.calls(Verb::get);
  EXPECT_TRUE(load());
  EXPECT_EQ(store.calls(Verb::get), gets + 1);
  EXPECT_EQ(store.calls(Verb::epochs), 0U);
}

TEST_F(GetOrLoad, asks_the_store_once_more_to_put_after_a_miss) {
  EXPECT_TRUE(load());
  EXPECT_EQ(store.calls(Verb::get), 1U);
  EXPECT_EQ(store.calls(Verb::put), 1U);
  EXPECT_EQ(store.calls(Verb::epochs), 0U);
}

TEST_F(GetOrLoad, loads_again_when_the_ttl_has_passed) {
  EXPECT_TRUE(load());
  clock.advance(60s);
  const auto answer = load();
  EXPECT_EQ(answer->source, Source::load);
  EXPECT_EQ(answer->cause, MissCause::absent);
  EXPECT_EQ(origin.loads, 2);
}

TEST_F(GetOrLoad, tells_the_loader_its_deadline) {
  policy.load_deadline = 7s;
  EXPECT_TRUE(load());
  EXPECT_EQ(origin.seen_deadline, clock.in(7s));
}

TEST_F(GetOrLoad, shows_the_loader_a_stale_entry) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  EXPECT_FALSE(origin.seen_stale);
  clock.advance(61s);
  EXPECT_TRUE(load());
  ASSERT_TRUE(origin.seen_stale);
  EXPECT_EQ(origin.seen_stale->entry->value(), "sunny");
  EXPECT_EQ(cache.stats().misses_expired, 1U);
}

TEST_F(GetOrLoad, stores_how_long_the_load_took) {
  origin.takes = 250ms;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 1; });
    clock.advance(250ms);
    EXPECT_TRUE(co_await call.answer());
  });
  EXPECT_EQ(store.entry(key)->load_cost(), 250ms);
}

TEST_F(GetOrLoad, stores_nothing_with_a_ttl_of_zero) {
  policy.ttl = 0s;
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(answer->fresh_left, 0s);
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(GetOrLoad, stores_as_stale_with_a_ttl_of_zero_and_stale_if_error) {
  policy.ttl = 0s;
  policy.stale_if_error = 1h;
  const auto answer = load();
  EXPECT_TRUE(answer->stored);
  EXPECT_EQ(answer->fresh_left, 0s);
  origin.answer = larder::fail(Errc::unavailable, "rain");
  EXPECT_EQ(load()->source, Source::stale);
  EXPECT_EQ(origin.loads, 2);
}

TEST_F(GetOrLoad, remembers_an_absence_for_negative_ttl) {
  policy.negative_ttl = 5s;
  origin.answer = Loaded{};
  const auto loaded = load();
  EXPECT_EQ(text_of(loaded), "nothing");
  EXPECT_TRUE(loaded->stored);
  EXPECT_EQ(loaded->fresh_left, 5s);
  clock.advance(4999ms);
  const auto hit = load();
  EXPECT_EQ(text_of(hit), "nothing");
  EXPECT_EQ(hit->source, Source::store);
  EXPECT_EQ(store.entry(key)->presence(), Presence::absence);
  clock.advance(1ms);
  EXPECT_EQ(load()->source, Source::load);
}

TEST_F(GetOrLoad, does_not_remember_an_absence_by_default) {
  origin.answer = Loaded{};
  EXPECT_FALSE(load()->stored);
  EXPECT_EQ(load()->source, Source::load);
  EXPECT_EQ(origin.loads, 2);
}

TEST_F(GetOrLoad, keeps_apart_an_empty_value_and_an_absence) {
  origin.answer = Loaded{.value = Bytes()};
  EXPECT_TRUE(load()->value);
  const auto hit = load();
  EXPECT_EQ(hit->source, Source::store);
  ASSERT_TRUE(hit->value);
  EXPECT_TRUE(hit->value->empty());
}

TEST_F(GetOrLoad, drops_the_stale_value_when_the_loader_finds_nothing) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  origin.answer = Loaded{};
  EXPECT_EQ(text_of(load()), "nothing");
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_F(GetOrLoad, takes_the_loaders_own_ttl_without_jitter) {
  policy.ttl_jitter = 0.9;
  origin.answer = Loaded{.value = bytes("sunny"), .ttl = 10s, .stale_if_error = 20s};
  EXPECT_EQ(load()->fresh_left, 10s);
  EXPECT_EQ(store.entry(key)->life(), (Life{.fresh = 10s, .stale = 20s}));
}

TEST_F(GetOrLoad, counts_a_negative_ttl_of_the_loader_as_zero) {
  origin.answer = Loaded{.value = bytes("sunny"), .ttl = -5s};
  EXPECT_FALSE(load()->stored);
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(GetOrLoad, shortens_an_endless_ttl_of_the_loader_to_what_stores_take) {
  origin.answer = Loaded{
      .value = bytes("sunny"), .ttl = milliseconds::max(), .stale_if_error = milliseconds::max()};
  EXPECT_TRUE(load()->stored);
  EXPECT_EQ(store.entry(key)->life().total(), Life::kTotalMax);
}

TEST_F(GetOrLoad, stores_nothing_when_the_loader_says_so) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  origin.answer = Loaded{.value = bytes("private"), .store = false};
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "private");
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(store.entry(key)->value(), "sunny");
}

TEST_F(GetOrLoad, answers_but_does_not_store_a_value_over_the_policys_bound) {
  policy.value_bytes_max = 4;
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(store.calls(Verb::put), 0U);
  EXPECT_EQ(cache.stats().store_errors, 0U);
}

TEST_F(GetOrLoad, answers_but_does_not_store_a_value_over_the_stores_bound) {
  policy.value_bytes_max = 1 << 30;
  origin.answer = Loaded{.value = bytes(std::string((1 << 20) + 1, 'x'))};
  EXPECT_FALSE(load()->stored);
  origin.answer = Loaded{.value = bytes(std::string(1 << 20, 'x'))};
  EXPECT_TRUE(load()->stored);
}

TEST_F(GetOrLoad, shortens_the_ttl_by_up_to_the_jitters_share) {
  policy.ttl_jitter = 0.5;
  milliseconds least = milliseconds::max();
  milliseconds most{0};
  for (int i = 0; i < 200; ++i) {
    key = Key::literal("weather", std::to_string(i));
    const auto left = load()->fresh_left;
    least = std::min(least, left);
    most = std::max(most, left);
  }
  EXPECT_GT(least, 29'999ms);
  EXPECT_LT(least, 36s);
  EXPECT_LE(most, 60s);
  EXPECT_GT(most, 54s);
}

TEST_F(GetOrLoad, refuses_a_policy_that_check_policy_refuses) {
  policy.load_deadline = 0ms;
  const auto answer = load();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::invalid_argument);
  EXPECT_EQ(origin.loads, 0);
}

TEST_F(GetOrLoad, refuses_an_empty_loader) {
  const auto answer = run(cache.get_or_load(key, policy, Loader()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::invalid_argument);
}

// ---- a load that fails ----

TEST_F(GetOrLoad, hands_out_the_loaders_error_as_it_is) {
  origin.answer = std::unexpected(Error(Errc::access_denied, "no entry"));
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "access_denied: no entry");
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

TEST_F(GetOrLoad, turns_an_exception_of_the_loader_into_load_failed) {
  origin.throws = true;
  EXPECT_EQ(text_of(load()), "load_failed: weather: the loader threw: origin on fire");
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

TEST_F(GetOrLoad, turns_an_exception_before_the_loaders_first_await_into_load_failed) {
  const Loader loader = [](const LoadContext&) -> awaitable<Result<Loaded>> { throw 42; };
  const auto answer = run(cache.get_or_load(key, policy, loader));
  EXPECT_EQ(text_of(answer), "load_failed: weather: the loader threw something");
}

TEST_F(GetOrLoad, loads_again_after_a_failure) {
  origin.throws = true;
  EXPECT_FALSE(load());
  origin.throws = false;
  EXPECT_EQ(text_of(load()), "sunny");
}

TEST_F(GetOrLoad, serves_stale_when_the_loader_fails_within_stale_if_error) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(70s);
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_EQ(answer->source, Source::stale);
  EXPECT_EQ(answer->cause, MissCause::expired);
  EXPECT_EQ(answer->fresh_left, -10s);
  EXPECT_EQ(answer->failure->message(), "unavailable: clouds");
  EXPECT_EQ(cache.stats().stale_served(), 1U);
}

TEST_F(GetOrLoad, does_not_serve_stale_after_stale_if_error) {
  policy.stale_if_error = 10s;
  EXPECT_TRUE(load());
  clock.advance(70s);
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  EXPECT_EQ(text_of(load()), "unavailable: clouds");
}

TEST_F(GetOrLoad, does_not_serve_an_entry_that_ran_out_while_the_load_ran) {
  policy.stale_if_error = 10s;
  EXPECT_TRUE(load());
  clock.advance(65s);
  origin.takes = 6s;
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return origin.loads == 2; });
    clock.advance(6s);
    EXPECT_EQ(text_of(co_await call.answer()), "unavailable: clouds");
  });
}

TEST_F(GetOrLoad, does_not_fall_back_on_an_absence) {
  policy.negative_ttl = 5s;
  policy.stale_if_error = 1h;
  origin.answer = Loaded{};
  EXPECT_TRUE(load());
  clock.advance(6s);
  origin.answer = larder::fail(Errc::unavailable, "clouds");
  EXPECT_FALSE(load());
}

TEST_F(GetOrLoad, loads_anew_what_the_caller_cannot_read) {
  policy.tags = {tag};
  EXPECT_TRUE(load());
  policy.readable = [](const Bytes& value) { return value.view() != "sunny"; };
  origin.answer = Loaded{.value = bytes("rainy")};
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "rainy");
  EXPECT_EQ(answer->cause, MissCause::unreadable);
  EXPECT_TRUE(answer->stored);
  EXPECT_FALSE(origin.seen_stale);
  EXPECT_EQ(cache.stats().misses_unreadable, 1U);
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(GetOrLoad, never_falls_back_on_what_the_caller_cannot_read) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  policy.readable = [](const Bytes&) { return false; };
  origin.answer = std::unexpected(unavailable("origin gone"));
  EXPECT_EQ(text_of(load()), "unavailable: origin gone");
}

}  // namespace
}  // namespace larder

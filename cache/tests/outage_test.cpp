// The store down is not the application down.
#include <array>

#include <gmock/gmock.h>

#include "cache_fixture.hpp"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Outage : public CacheFixture {};

TEST_F(Outage, store_down_still_loads_and_heals) {
  EXPECT_TRUE(load());
  store.fail_all(unavailable("gone"));
  const auto during = load();
  EXPECT_EQ(text_of(during), "sunny");
  EXPECT_EQ(during->source, Source::load);
  EXPECT_EQ(during->cause, MissCause::unavailable);
  EXPECT_FALSE(during->stored);
  EXPECT_EQ(during->fresh_left, 0s);
  store.heal();
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(cache.stats().misses_unavailable, 1U);
  EXPECT_EQ(cache.stats().store_errors, 1U);
}

TEST_F(Outage, one_load_is_shared_while_the_store_is_down) {
  store.fail_all(unavailable("gone"));
  policy.tags = {tag};
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    auto second = start(executor, loading());
    co_await yield_until([&] { return cache.stats().coalesced == 1; });
    clock.advance(1s);
    EXPECT_TRUE(co_await first.answer());
    EXPECT_TRUE(co_await second.answer());
  });
  EXPECT_EQ(origin.loads, 1);
}

TEST_F(Outage, a_store_that_hangs_costs_the_store_deadline_once) {
  policy.store_deadline = 200ms;
  store.hang(Verb::get);
  store.hang(Verb::put);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    EXPECT_EQ(origin.loads, 0);
    clock.advance(200ms);
    EXPECT_EQ((co_await call.answer())->cause, MissCause::unavailable);
  });
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(Outage, a_put_that_hangs_ends_at_the_store_deadline) {
  policy.store_deadline = 200ms;
  store.hang(Verb::put);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1 && store.running(Verb::put) == 1; });
    clock.advance(200ms);
    const auto answer = co_await call.answer();
    EXPECT_EQ(text_of(answer), "sunny");
    EXPECT_FALSE(answer->stored);
  });
}

TEST_F(Outage, coded_bytes_that_no_layer_has_decoded_are_no_value) {
  const std::array items{PutItem{
      .entry = Entry{
          .key = key, .value = bytes("coded"), .life = {.fresh = 60s}, .codec = Codec::coded}}};
  EXPECT_TRUE(run(store.put(items, kNoDeadline)).front());
  EXPECT_FALSE(get()->has_value());
  EXPECT_EQ(text_of(load()), "sunny");
  EXPECT_EQ(cache.stats().misses_unreadable, 2U);
}

TEST_F(Outage, an_unreadable_entry_is_written_over) {
  EXPECT_TRUE(load());
  store.fail_once(Verb::get, Error(Errc::corrupt, "not an envelope"));
  EXPECT_TRUE(load()->stored);
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST_F(Outage, a_damaged_entry_is_a_counted_miss_to_get) {
  store.fail_once(Verb::get, Error(Errc::corrupt, "not an envelope"));
  const auto answer = get();
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  EXPECT_EQ(cache.stats().misses_unreadable, 1U);
}

TEST_F(Outage, is_counted_once_and_told_while_it_lasts) {
  store.fail(Verb::get, unavailable("gone"));
  EXPECT_TRUE(load());
  EXPECT_TRUE(load());
  EXPECT_EQ(cache.stats().store_outages, 1U);
  EXPECT_TRUE(cache.stats().store_reads_fail);
  EXPECT_FALSE(cache.stats().store_writes_fail);
  store.heal();
  EXPECT_TRUE(load());
  EXPECT_FALSE(cache.stats().store_reads_fail);
}

TEST_F(Outage, its_begin_and_its_end_are_logged_once) {
  store.fail_all(unavailable("gone"));
  EXPECT_TRUE(load());
  EXPECT_TRUE(load());
  EXPECT_TRUE(load());
  store.heal();
  EXPECT_TRUE(load());
  EXPECT_TRUE(load());
  EXPECT_THAT(log.lines(),
              ElementsAre("warning cache: the store fails; going on without it store=scripted "
                          "direction=reads cause=unavailable error=gone",
                          "info cache: the store answers again store=scripted direction=reads"));
}

TEST_F(Outage, of_writes_alone_is_not_taken_back_by_reads_that_work) {
  store.fail(Verb::put, Error(Errc::storage_full, "no room"));
  EXPECT_FALSE(load()->stored);
  EXPECT_FALSE(load()->stored);
  EXPECT_THAT(log.lines(),
              ElementsAre("warning cache: the store fails; going on without it store=scripted "
                          "direction=writes cause=storage_full error=no room"));
  EXPECT_EQ(cache.stats().store_errors, 2U);
}

TEST_F(Outage, is_told_by_the_verbs_that_are_about_the_store) {
  store.fail_all(unavailable("gone"));
  EXPECT_EQ(get().error().message(), "unavailable: gone");
  EXPECT_FALSE(run(cache.put(key, bytes("x"), policy, kNoDeadline)));
  EXPECT_FALSE(run(cache.erase(key, kNoDeadline)));
  EXPECT_FALSE(run(cache.expire(key, kNoDeadline)));
  EXPECT_FALSE(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_FALSE(run(cache.explain(key, kNoDeadline)));
}

// Each call to the store fails once in turn, each in several ways; the answer is always
// there and the next call is a hit or a load.
class EachCallFailsOnce : public CacheFixture,
                          public ::testing::WithParamInterface<std::tuple<Verb, Errc>> {};

TEST_P(EachCallFailsOnce, and_every_caller_is_answered) {
  const auto [verb, code] = GetParam();
  policy.tags = {tag};
  policy.stale_if_error = 1h;
  policy.negative_ttl = 5s;
  // Cold, stale, absent, cold again: together they use get, epochs, put and erase.
  for (int round = 0; round < 4; ++round) {
    store.fail_once(verb, Error(code, "once"));
    origin.answer = round == 2 ? Loaded{} : Loaded{.value = bytes("sunny")};
    EXPECT_EQ(text_of(load()), round == 2 ? "nothing" : "sunny");
    clock.advance(61s);
  }
  store.heal();
  EXPECT_EQ(text_of(load()), "sunny");
  EXPECT_EQ(load()->source, Source::store);
}

INSTANTIATE_TEST_SUITE_P(
    Outage, EachCallFailsOnce,
    ::testing::Combine(::testing::Values(Verb::get, Verb::put, Verb::erase, Verb::epochs),
                       ::testing::Values(Errc::unavailable, Errc::timeout, Errc::corrupt,
                                         Errc::storage_full, Errc::access_denied)));

}  // namespace
}  // namespace larder

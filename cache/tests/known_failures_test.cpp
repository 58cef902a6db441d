// How other caches fail their users (research: the issue trackers of FusionCache, HybridCache,
// BentoCache, cacheable, Solid Cache, Laravel, Spring and more), each as a test that passes.
#include <array>

#include "cache_fixture.hpp"

namespace larder {
namespace {

class KnownFailure : public CacheFixture {
 protected:
  void TearDown() override {
    run(other.close());
    CacheFixture::TearDown();
  }
  [[nodiscard]] awaitable<Result<Answer>> other_loading() {
    return other.get_or_load(key, policy, origin.loader());
  }
  awaitable<void> until_no_lease() {
    const std::function<bool()> done = [this] { return store.leases() == 0; };
    co_await yield_until(done);
  }

  Cache other{store, clock, log};  // another node
};

// FusionCache: the hard timeout freed the waiters, but the factory kept the lock of its key
// until it ended; replicas with green health probes answered nothing.
TEST_F(KnownFailure, a_hung_loader_neither_keeps_its_key_nor_its_lease) {
  store.share();
  policy.load_deadline = 2s;
  origin.takes = 1h;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    auto hung = start(executor, loading());
    co_await until_loads(1);
    clock.advance(2s);
    EXPECT_FALSE(co_await hung.answer());
    co_await until_no_lease();
    origin.takes = 0s;
    EXPECT_EQ(text_of(co_await loading()), "sunny");
    clock.advance(1h);
    co_await yield_until([&] { return origin.ended == 2; });
  });
}

// The same: no bulkhead, so hung factories piled up until the process stood still.
TEST_F(KnownFailure, hung_loaders_do_not_pile_up) {
  Cache small(store, clock, log, {.loads_max = 2});
  policy.load_deadline = 2s;
  origin.takes = 1h;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    const Key a = Key::literal("weather", "a");
    const Key b = Key::literal("weather", "b");
    const auto call = [&](const Key& which) {
      return small.get_or_load(which, policy, origin.loader());
    };
    auto first = start(executor, call(a));
    auto second = start(executor, call(b));
    co_await until_loads(2);
    EXPECT_EQ((co_await call(key)).error().code(), Errc::overloaded);
    clock.advance(2s);
    EXPECT_FALSE(co_await first.answer());
    EXPECT_FALSE(co_await second.answer());
    // They still run, although nobody waits for them.
    EXPECT_EQ((co_await call(key)).error().code(), Errc::overloaded);
    EXPECT_EQ(small.stats().loads_refused, 2U);
    clock.advance(1h);
    co_await yield_until([&] { return origin.ended == 2; });
    origin.takes = 0s;
    while (!(co_await call(key))) {
      // The last frames of the two are still being taken down.
    }
    EXPECT_EQ(origin.loads, 3);
    co_await small.close();
  });
}

TEST_F(KnownFailure, beyond_the_bulkhead_a_stale_entry_is_served) {
  Cache small(store, clock, log, {.loads_max = 1});
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto busy =
        start(executor, small.get_or_load(Key::literal("weather", "a"), policy, origin.loader()));
    co_await until_loads(2);
    const auto answer = co_await small.get_or_load(key, policy, origin.loader());
    EXPECT_EQ(answer->source, Source::stale);
    EXPECT_EQ(answer->failure->code(), Errc::overloaded);
    clock.advance(1s);
    EXPECT_TRUE(co_await busy.answer());
    co_await small.close();
  });
}

// FusionCache: the distributed lock stayed when the factory said "do not store".
TEST_F(KnownFailure, a_loader_that_stores_nothing_leaves_no_lease) {
  store.share();
  origin.answer = Loaded{.value = bytes("private"), .store = false};
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_EQ(text_of(co_await loading()), "private");
    co_await until_no_lease();
  });
}

// FusionCache: the distributed lock stayed when writing failed.
TEST_F(KnownFailure, a_write_that_fails_leaves_no_lease) {
  store.share();
  store.fail(Verb::fill, Error(Errc::storage_full, "no room"));
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_EQ(text_of(co_await loading()), "sunny");
    co_await until_no_lease();
  });
}

// FusionCache: a factory that threw before its first await kept the lock of eager refresh.
TEST_F(KnownFailure, a_background_load_that_throws_at_once_leaves_no_lease) {
  store.share();
  policy.stale_while_revalidate = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  play([&](const Executor&) -> awaitable<void> {
    const Loader loader = [](const LoadContext&) -> awaitable<Result<Loaded>> { throw 42; };
    EXPECT_EQ((co_await cache.get_or_load(key, policy, loader))->source, Source::stale);
    co_await yield_until([&] { return store.calls(Verb::release) == 1; });
    co_await until_no_lease();
  });
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

// FusionCache: callers who gave up waiting for a lock filled the log with errors.
TEST_F(KnownFailure, callers_who_cancel_are_no_errors_of_the_store) {
  store.share();
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_loads(1);
    auto second = start(executor, other_loading());
    co_await yield_until([&] { return other.stats().lease_waits == 1; });
    second.cancel();
    EXPECT_EQ((co_await second.answer()).error().code(), Errc::cancelled);
    clock.advance(1s);
    EXPECT_TRUE(co_await first.answer());
  });
  EXPECT_THAT(log.lines(), ::testing::IsEmpty());
  EXPECT_EQ(other.stats().store_errors, 0U);
}

// HybridCache: one load a process, so a hundred pods meant a hundred loads.
TEST_F(KnownFailure, the_stampede_of_two_nodes_is_one_load) {
  store.share();
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    std::vector<testkit::Started<Result<Answer>>> calls;
    for (int i = 0; i < 100; ++i) {
      calls.push_back(start(executor, loading()));
      calls.push_back(start(executor, other_loading()));
    }
    co_await yield_until([&] {
      return cache.stats().coalesced + other.stats().coalesced == 198 && origin.loads == 1 &&
             cache.stats().lease_waits + other.stats().lease_waits == 1;
    });
    clock.advance(1s);
    for (auto& call : calls) {
      co_await advance_until([&] { return call.ended(); });
      EXPECT_EQ(text_of(co_await call.answer()), "sunny");
    }
  });
  EXPECT_EQ(origin.loads, 1);
}

// HybridCache: the state of a tag, once read, was remembered for ever by each process.
TEST_F(KnownFailure, another_node_sees_an_invalidation_at_once) {
  policy.tags = {tag};
  EXPECT_TRUE(load());
  EXPECT_EQ(run(other_loading())->source, Source::store);
  EXPECT_TRUE(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_EQ(run(other_loading())->cause, MissCause::invalidated);
}

// HybridCache: a plain get did not exist, and null was cached although nobody wanted it.
TEST_F(KnownFailure, an_absence_is_kept_only_by_a_ttl_of_its_own) {
  origin.answer = Loaded{};
  EXPECT_EQ(text_of(load()), "nothing");
  EXPECT_FALSE(*get());
  policy.negative_ttl = 5s;
  EXPECT_TRUE(load()->stored);
  EXPECT_FALSE((*get())->value);
}

// FusionCache: two nodes whose clocks were minutes apart invalidated each other's entries.
// Epochs have no clock: a node whose clock steps keeps what the other stored.
TEST_F(KnownFailure, the_clocks_of_nodes_need_not_agree) {
  testkit::FakeClock ahead;
  ahead.advance(15min);
  Cache skewed(store, ahead, log);
  policy.tags = {tag};
  EXPECT_TRUE(run(skewed.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_TRUE(load());
  EXPECT_EQ(run(skewed.get_or_load(key, policy, origin.loader()))->source, Source::store);
  run(skewed.close());
}

// cacheable: a counter as a tag's version started again at 0 when it was evicted, and old
// entries came back to life.
TEST_F(KnownFailure, a_tag_that_was_lost_brings_nothing_back) {
  policy.tags = {tag};
  EXPECT_TRUE(load());
  store.forget_epochs();
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

// BentoCache: a timeout on the lock switched off stale-while-revalidate.
TEST_F(KnownFailure, a_busy_lease_keeps_nobody_from_the_stale_entry) {
  store.share();
  policy.stale_while_revalidate = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  const std::array requests{LeaseRequest{.key = key, .hold = 1h}};
  EXPECT_TRUE(run(store.read_or_lease(requests, kNoDeadline)).front());
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_EQ((co_await loading())->source, Source::stale);
    EXPECT_EQ((co_await loading())->source, Source::stale);
    co_await cache.close();
  });
  EXPECT_EQ(origin.loads, 1);
}

// Solid Cache: the store down was the site down.
TEST_F(KnownFailure, a_store_that_hangs_costs_one_store_deadline_and_no_answer) {
  store.share();
  policy.store_deadline = 200ms;
  for (const Verb verb : {Verb::get, Verb::read_or_lease, Verb::fill, Verb::put}) {
    store.hang(verb);
  }
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    clock.advance(200ms);
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
  });
}

// Caffeine: a refresh slower than its period kept the value stale for ever.
TEST_F(KnownFailure, a_load_slower_than_the_ttl_is_stored_and_answered) {
  policy.ttl = 1s;
  origin.takes = 10s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    clock.advance(10s);
    EXPECT_EQ((co_await call.answer())->fresh_left, 1s);
    EXPECT_EQ((co_await loading())->source, Source::store);
  });
}

// Spring: an entry loaded under a lock was stored without an end.
TEST_F(KnownFailure, no_entry_is_without_an_end) {
  origin.answer = Loaded{.value = bytes("sunny"), .ttl = milliseconds::max()};
  EXPECT_TRUE(load());
  EXPECT_LE(store.entry(key)->life().total(), Life::kTotalMax);
}

// A convoy: each waiter of a failed load tried again, one after the other.
TEST_F(KnownFailure, the_waiters_of_a_failed_load_do_not_try_one_after_the_other) {
  policy.error_ttl = 100ms;
  origin.takes = 1s;
  origin.throws = true;
  play([&](const Executor& executor) -> awaitable<void> {
    std::vector<testkit::Started<Result<Answer>>> calls;
    for (int i = 0; i < 50; ++i) {
      calls.push_back(start(executor, loading()));
    }
    co_await until_waiting(50);
    clock.advance(1s);
    for (auto& call : calls) {
      EXPECT_EQ((co_await call.answer()).error().code(), Errc::load_failed);
    }
    EXPECT_EQ((co_await loading()).error().code(), Errc::load_failed);
  });
  EXPECT_EQ(origin.loads, 1);
}

}  // namespace
}  // namespace larder

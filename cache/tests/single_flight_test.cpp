// One load per key: who shares it, who ends it, and when.
#include <vector>

#include "cache_fixture.hpp"

namespace larder {
namespace {

class SingleFlight : public CacheFixture {
 protected:
  using Call = testkit::Started<Result<Answer>>;

  std::vector<Call> call_times(const Executor& executor, std::size_t count) {
    std::vector<Call> calls;
    for (std::size_t i = 0; i < count; ++i) {
      calls.push_back(start(executor, loading()));
    }
    return calls;
  }
};

TEST_F(SingleFlight, ten_thousand_callers_of_one_cold_key_cause_one_load) {
  constexpr std::size_t kCallers = 10'000;
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, kCallers);
    co_await until_waiting(kCallers);
    clock.advance(1s);
    std::size_t loaded = 0;
    std::size_t coalesced = 0;
    for (Call& call : calls) {
      const auto answer = co_await call.answer();
      EXPECT_EQ(text_of(answer), "sunny");
      loaded += answer->source == Source::load ? 1 : 0;
      coalesced += answer->source == Source::coalesced ? 1 : 0;
    }
    EXPECT_EQ(loaded, 1U);
    EXPECT_EQ(coalesced, kCallers - 1);
  });
  EXPECT_EQ(origin.loads, 1);
  EXPECT_EQ(cache.stats().loads, 1U);
  EXPECT_EQ(cache.stats().coalesced, kCallers - 1);
  EXPECT_EQ(cache.stats().misses_absent, kCallers);
}

TEST_F(SingleFlight, a_caller_who_missed_just_before_a_load_stored_does_not_load_again) {
  play([&](const Executor& executor) -> awaitable<void> {
    store.answer_late(10ms);
    auto late = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    store.answer_late(0ms);
    EXPECT_EQ((co_await loading())->source, Source::load);
    clock.advance(10ms);
    EXPECT_EQ((co_await late.answer())->source, Source::store);
  });
  EXPECT_EQ(origin.loads, 1);
}

TEST_F(SingleFlight, loads_of_different_keys_run_side_by_side) {
  origin.takes = 1s;
  const Key other = Key::literal("weather", "rome");
  play([&](const Executor& executor) -> awaitable<void> {
    auto paris = start(executor, loading());
    auto rome = start(executor, cache.get_or_load(other, policy, origin.loader()));
    co_await until_loads(2);
    clock.advance(1s);
    EXPECT_TRUE(co_await paris.answer());
    EXPECT_TRUE(co_await rome.answer());
  });
}

TEST_F(SingleFlight, shares_a_load_even_when_nothing_is_stored) {
  policy.ttl = 0s;
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 3);
    co_await until_waiting(3);
    clock.advance(1s);
    for (Call& call : calls) {
      EXPECT_EQ(text_of(co_await call.answer()), "sunny");
    }
  });
  EXPECT_EQ(origin.loads, 1);
}

TEST_F(SingleFlight, shares_the_error_of_a_load) {
  origin.takes = 1s;
  origin.answer = larder::fail(Errc::access_denied, "no entry");
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 3);
    co_await until_waiting(3);
    clock.advance(1s);
    for (Call& call : calls) {
      EXPECT_EQ(text_of(co_await call.answer()), "access_denied: no entry");
    }
  });
  EXPECT_EQ(origin.loads, 1);
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

TEST_F(SingleFlight, shares_the_stale_value_when_the_load_fails) {
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  origin.takes = 1s;
  origin.throws = true;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 3);
    co_await until_waiting(3);
    clock.advance(1s);
    for (Call& call : calls) {
      EXPECT_EQ((co_await call.answer())->source, Source::stale);
    }
  });
  EXPECT_EQ(cache.stats().stale_served(), 3U);
}

// ---- cancellation ----

TEST_F(SingleFlight, cancelling_the_first_waiter_keeps_the_load_for_the_others) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_waiting(1);
    auto second = start(executor, loading());
    co_await until_waiting(2);
    first.cancel();
    EXPECT_EQ(text_of(co_await first.answer()), "cancelled: the caller cancelled");
    co_await until_waiting(1);
    EXPECT_EQ(origin.cancelled, 0);
    clock.advance(1s);
    EXPECT_EQ((co_await second.answer())->source, Source::coalesced);
  });
  EXPECT_EQ(origin.loads, 1);
  EXPECT_NE(store.entry(key), nullptr);
}

TEST_F(SingleFlight, cancelling_the_last_waiter_cancels_the_load) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 2);
    co_await until_waiting(2);
    for (Call& call : calls) {
      call.cancel();
      EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    }
    co_await yield_until([&] { return origin.ended == 1; });
  });
  EXPECT_EQ(origin.cancelled, 1);
  EXPECT_EQ(store.entry(key), nullptr);
  EXPECT_EQ(cache.stats().load_failures, 0U);
}

TEST_F(SingleFlight, after_the_last_waiter_cancelled_the_next_call_loads_at_once) {
  origin.takes = 1s;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_waiting(1);
    first.cancel();
    EXPECT_FALSE(co_await first.answer());
    origin.answer = Loaded{.value = bytes("rain")};
    auto second = start(executor, loading());
    co_await until_loads(2);
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await second.answer()), "rain");
  });
}

TEST_F(SingleFlight, a_caller_cancelled_while_the_store_is_asked_ends_cancelled) {
  store.hang(Verb::get);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
  });
  EXPECT_EQ(origin.loads, 0);
  EXPECT_EQ(cache.stats().store_errors, 0U);
}

TEST_F(SingleFlight, a_load_that_only_stores_goes_on_without_waiters) {
  store.slow(Verb::put, 100ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1 && store.running(Verb::put) == 1; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    clock.advance(100ms);
    co_await yield_until([&] { return store.entry(key) != nullptr; });
  });
  EXPECT_EQ(load()->source, Source::store);
}

// ---- deadline ----

TEST_F(SingleFlight, a_hung_loader_is_abandoned_at_its_deadline_and_the_next_call_loads_again) {
  policy.load_deadline = 2s;
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 3);
    co_await until_waiting(3);
    clock.advance(1999ms);
    co_await until_waiting(3);
    clock.advance(1ms);
    for (Call& call : calls) {
      EXPECT_EQ(text_of(co_await call.answer()), "timeout: weather: not loaded within 2000 ms");
    }
    co_await yield_until([&] { return origin.ended == 1; });
  });
  EXPECT_EQ(origin.cancelled, 1);
  EXPECT_EQ(cache.stats().load_timeouts, 1U);
  EXPECT_EQ(cache.stats().load_failures, 0U);
  origin.takes = 0s;
  EXPECT_EQ(load()->source, Source::load);
}

TEST_F(SingleFlight, serves_stale_when_the_loader_hangs) {
  policy.load_deadline = 2s;
  policy.stale_if_error = 1h;
  EXPECT_TRUE(load());
  clock.advance(61s);
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_waiting(1);
    co_await until_loads(2);
    clock.advance(2s);
    const auto answer = co_await call.answer();
    EXPECT_EQ(answer->source, Source::stale);
    EXPECT_EQ(answer->failure->code(), Errc::timeout);
    EXPECT_EQ(answer->fresh_left, -3s);
  });
}

TEST_F(SingleFlight, drops_what_an_abandoned_loader_brings_late) {
  policy.load_deadline = 2s;
  origin.takes = 3s;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    auto late = start(executor, loading());
    co_await until_loads(1);
    clock.advance(2s);
    EXPECT_EQ((co_await late.answer()).error().code(), Errc::timeout);
    // The key is free although the first loader still runs.
    origin.answer = Loaded{.value = bytes("rain")};
    origin.takes = 0s;
    EXPECT_EQ(text_of(co_await loading()), "rain");
    EXPECT_EQ(origin.ended, 1);
    clock.advance(1s);
    co_await yield_until([&] { return origin.ended == 2; });
  });
  EXPECT_EQ(store.entry(key)->value(), "rain");
}

TEST_F(SingleFlight, a_loader_that_throws_after_it_was_abandoned_is_ignored) {
  policy.load_deadline = 2s;
  const Loader loader = [this](const LoadContext&) -> awaitable<Result<Loaded>> {
    ++origin.loads;
    co_await clock.sleep_until(clock.in(1h));
    throw std::runtime_error("too late to matter");
  };
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, cache.get_or_load(key, policy, loader));
    co_await until_loads(1);
    clock.advance(2s);
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::timeout);
  });
  EXPECT_EQ(cache.stats().load_failures, 0U);
}

// ---- writes during a load ----

TEST_F(SingleFlight, a_key_erased_during_a_load_stays_erased) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await cache.erase(key, kNoDeadline));
    clock.advance(1s);
    const auto answer = co_await call.answer();
    EXPECT_EQ(text_of(answer), "sunny");
    EXPECT_FALSE(answer->stored);
  });
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_F(SingleFlight, a_key_erased_while_its_load_is_being_stored_stays_erased) {
  store.slow(Verb::put, 100ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return store.running(Verb::put) == 1; });
    EXPECT_TRUE(co_await cache.erase(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 1; });
    clock.advance(100ms);
    EXPECT_FALSE((co_await call.answer())->stored);
  });
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_F(SingleFlight, a_value_put_during_a_load_is_not_overwritten_by_it) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await cache.put(key, bytes("newer"), policy, kNoDeadline));
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
  });
  EXPECT_EQ(text_of(load()), "newer");
}

TEST_F(SingleFlight, a_caller_after_an_expire_does_not_join_the_load_before_it) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto before = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await cache.expire(key, kNoDeadline));
    origin.answer = Loaded{.value = bytes("rain")};
    auto after = start(executor, loading());
    co_await until_loads(2);
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await before.answer()), "sunny");
    EXPECT_EQ(text_of(co_await after.answer()), "rain");
  });
  EXPECT_EQ(store.entry(key)->value(), "rain");
}

// ---- close ----

TEST_F(SingleFlight, close_abandons_running_loads) {
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto calls = call_times(executor, 3);
    co_await until_waiting(3);
    co_await until_loads(1);
    co_await cache.close();
    EXPECT_EQ(origin.ended, 1);
    for (Call& call : calls) {
      EXPECT_EQ((co_await call.answer()).error().code(), Errc::closed);
    }
  });
  EXPECT_EQ(origin.cancelled, 1);
}

TEST_F(SingleFlight, close_joins_a_loader_that_does_not_heed_cancellation) {
  origin.takes = 5s;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    auto closing = start(executor, [](Cache& closed) -> awaitable<bool> {
      co_await closed.close();
      co_return true;
    }(cache));
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::closed);
    EXPECT_FALSE(closing.ended());
    clock.advance(5s);
    EXPECT_TRUE(co_await closing.answer());
    EXPECT_EQ(origin.ended, 1);
  });
}

TEST_F(SingleFlight, close_ends_a_load_that_is_being_stored) {
  store.hang(Verb::put);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return store.running(Verb::put) == 1; });
    co_await cache.close();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::closed);
  });
}

TEST_F(SingleFlight, close_also_joins_loads_that_were_outdated) {
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto before = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await cache.erase(key, kNoDeadline));
    auto after = start(executor, loading());
    co_await until_loads(2);
    co_await cache.close();
    EXPECT_EQ((co_await before.answer()).error().code(), Errc::closed);
    EXPECT_EQ((co_await after.answer()).error().code(), Errc::closed);
  });
  EXPECT_EQ(origin.cancelled, 2);
}

TEST_F(SingleFlight, every_verb_is_closed_after_close) {
  run(cache.close());
  EXPECT_EQ(load().error().code(), Errc::closed);
  EXPECT_EQ(get().error().code(), Errc::closed);
  const auto put = run(cache.put(key, bytes("x"), policy, kNoDeadline));
  EXPECT_EQ(put.error().code(), Errc::closed);
  EXPECT_EQ(run(cache.erase(key, kNoDeadline)).error().code(), Errc::closed);
  EXPECT_EQ(run(cache.expire(key, kNoDeadline)).error().code(), Errc::closed);
  EXPECT_EQ(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)).error().code(), Errc::closed);
  EXPECT_EQ(run(cache.explain(key, kNoDeadline)).error().code(), Errc::closed);
  run(cache.close());
}

}  // namespace
}  // namespace larder

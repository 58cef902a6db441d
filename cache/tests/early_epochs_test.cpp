// Epochs asked beside the entries: one wait where the store is far, and the same answers as
// with epochs that are asked after them.
#include <larder/cache/near_tier.hpp>
#include <larder/memory/backend.hpp>

#include "cache_fixture.hpp"

namespace larder {
namespace {

awaitable<Batch<Loaded>> all_loaded(const ManyLoadContext& context) {
  co_return Batch<Loaded>(context.keys.size(), Loaded{.value = bytes("loaded")});
}

class Far : public CacheFixture {
 protected:
  Far() {
    Capabilities far = store.capabilities();
    far.shared = true;
    store.set_capabilities(far);
    policy.tags = {tag};
  }

  Result<void> invalidate() { return run(invalidating()); }
  [[nodiscard]] awaitable<Result<void>> invalidating() {
    return cache.invalidate(std::span(&tag, 1), kNoDeadline);
  }
  // Until a store that reads entries slowly has told a caller the epochs only.
  awaitable<void> until_epochs_are_told(std::size_t calls = 1) {
    const std::function<bool()> done = [this, calls] {
      return store.calls(Verb::epochs) == calls && store.running(Verb::epochs) == 0 &&
             store.running(Verb::get) == 1;
    };
    co_await yield_until(done);
  }
  awaitable<void> until_nothing_runs() {
    const std::function<bool()> done = [this] {
      return store.running(Verb::epochs) == 0 && store.running(Verb::get) == 0;
    };
    co_await yield_until(done);
  }
  // The questions for entry and epochs take this long.
  void slow(milliseconds span) {
    store.slow(Verb::get, span);
    store.slow(Verb::epochs, span);
  }
};

// ---- what it costs ----

TEST_F(Far, a_hit_waits_once_for_its_entry_and_its_epochs) {
  policy.clearable = true;
  EXPECT_TRUE(load());
  slow(10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 2; });
    clock.advance(10ms);
    EXPECT_EQ((co_await call.answer())->source, Source::store);
  });
  EXPECT_EQ(store.calls(Verb::epochs), 2U);
}

TEST_F(Far, a_miss_waits_once_before_its_load) {
  slow(10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 2; });
    clock.advance(10ms);
    EXPECT_TRUE((co_await call.answer())->stored);
  });
  EXPECT_EQ(store.calls(Verb::epochs), 1U);
}

TEST_F(Far, a_get_asks_for_the_epoch_of_the_namespace_beside_the_entry) {
  policy.clearable = true;
  policy.tags.clear();
  EXPECT_TRUE(load());
  slow(10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, cache.get(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 2; });
    clock.advance(10ms);
    EXPECT_TRUE(*co_await call.answer());
  });
  EXPECT_TRUE(run(cache.clear(key.name_space(), kNoDeadline)));
  slow(0s);
  EXPECT_FALSE(*get());
}

TEST_F(Far, tags_that_nobody_expected_are_asked_after_the_entry) {
  EXPECT_TRUE(load());
  policy.tags = {Tag::literal("tag", "europe")};
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(store.calls(Verb::epochs), 3U);
  EXPECT_TRUE(invalidate());
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

TEST_F(Far, an_entry_without_tags_does_not_wait_for_epochs) {
  policy.tags.clear();
  EXPECT_TRUE(load());
  store.hang(Verb::epochs);
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_TRUE(*co_await cache.get(key, kNoDeadline));
    co_await until_nothing_runs();
  });
  EXPECT_EQ(clock.sleepers(), 0U);
}

TEST_F(Far, a_store_of_this_process_is_not_asked_beside) {
  Capabilities near = store.capabilities();
  near.shared = false;
  store.set_capabilities(near);
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1; });
    EXPECT_EQ(store.calls(Verb::epochs), 0U);
    clock.advance(10ms);
    EXPECT_TRUE(co_await call.answer());
  });
}

TEST_F(Far, a_store_with_copies_in_this_process_is_not_asked_beside) {
  const auto copies = MemoryCacheBackend::make(clock, {}).value();
  const NearOptions options{.mode = NearMode::bounded, .staleness = 1s};
  const auto near = run(NearTierBackend::open(store, *copies, clock, log, options));
  ASSERT_TRUE(near);
  Cache over(**near, clock, log);
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, over.get(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 1; });
    EXPECT_EQ(store.calls(Verb::epochs), 0U);
    clock.advance(10ms);
    EXPECT_FALSE(*co_await call.answer());
    co_await over.close();
    co_await (*near)->close();
  });
}

// ---- fetch against invalidate; each in one exact order ----

// epochs told, invalidation, entry stored, entry read
TEST_F(Far, an_entry_newer_than_the_epochs_told_is_a_hit) {
  Cache other(store, clock, log);
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_epochs_are_told();
    EXPECT_TRUE(co_await invalidating());
    EXPECT_TRUE(co_await other.put(key, bytes("rain"), policy, kNoDeadline));
    clock.advance(10ms);
    const auto answer = co_await call.answer();
    EXPECT_EQ(text_of(answer), "rain");
    EXPECT_EQ(answer->source, Source::store);
    co_await other.close();
  });
  EXPECT_EQ(origin.loads, 0);
}

// entry read, invalidation, epochs told
TEST_F(Far, an_entry_read_before_an_invalidation_is_a_miss_by_the_epochs_told_after_it) {
  EXPECT_TRUE(load());
  store.answer_late(10ms);
  store.slow(Verb::epochs, 5ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 2; });
    store.slow(Verb::epochs, 0ms);
    EXPECT_TRUE(co_await invalidating());
    clock.advance(10ms);
    const auto answer = co_await call.answer();
    EXPECT_EQ(answer->source, Source::load);
    EXPECT_EQ(answer->cause, MissCause::invalidated);
  });
  EXPECT_EQ(origin.loads, 2);
}

// epochs told, entry read, invalidation, both answered: the call is older than the invalidation.
TEST_F(Far, an_invalidation_after_both_were_read_leaves_the_hit) {
  EXPECT_TRUE(load());
  store.answer_late(10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] {
      return clock.sleepers() == 1 && store.calls(Verb::epochs) == 2 &&
             store.running(Verb::epochs) == 0;
    });
    EXPECT_TRUE(co_await invalidating());
    clock.advance(10ms);
    EXPECT_EQ((co_await call.answer())->source, Source::store);
  });
  // Whoever calls after it misses.
  store.answer_late(0ms);
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

// epochs told, invalidation, load
TEST_F(Far, a_load_after_an_invalidation_stores_under_the_epochs_of_before) {
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_epochs_are_told();
    EXPECT_TRUE(co_await invalidating());
    clock.advance(10ms);
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
  });
  store.slow(Verb::get, 0ms);
  EXPECT_FALSE(*get());
  EXPECT_EQ(load()->cause, MissCause::invalidated);
}

// epochs told, invalidation, load, caller
TEST_F(Far, a_caller_after_an_invalidation_does_not_join_a_load_under_epochs_told_before_it) {
  origin.takes = 1s;
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto before = start(executor, loading());
    co_await until_epochs_are_told();
    EXPECT_TRUE(co_await invalidating());
    clock.advance(10ms);
    co_await until_loads(1);
    store.slow(Verb::get, 0ms);
    origin.answer = Loaded{.value = bytes("rain")};
    auto after = start(executor, loading());
    co_await until_loads(2);
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await before.answer()), "sunny");
    EXPECT_EQ(text_of(co_await after.answer()), "rain");
  });
  EXPECT_EQ(text_of(*get().value()), "rain");
}

// Of a batch some entries are confirmed by the epochs told before, others only by those after.
TEST_F(Far, entries_of_one_batch_are_judged_each_by_the_epochs_that_do) {
  const Key newer = Key::literal("weather", "rome");
  const Key outdated = Key::literal("weather", "oslo");
  const Tag changed = Tag::literal("tag", "changed");
  Policy changing = policy;
  changing.tags = {changed};
  EXPECT_TRUE(run(cache.put(key, bytes("old"), policy, kNoDeadline)));
  EXPECT_TRUE(run(cache.put(outdated, bytes("outdated"), changing, kNoDeadline)));
  EXPECT_TRUE(run(cache.invalidate(std::span(&changed, 1), kNoDeadline)));
  policy.tags = {tag, changed};
  const std::vector keys{key, newer, outdated};
  const std::size_t asked = store.calls(Verb::epochs);
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, cache.get_or_load_many(keys, policy, all_loaded));
    co_await until_epochs_are_told(asked + 1);
    EXPECT_TRUE(co_await cache.invalidate(std::span(&changed, 1), kNoDeadline));
    EXPECT_TRUE(co_await cache.put(newer, bytes("new"), changing, kNoDeadline));
    clock.advance(10ms);
    const auto answers = co_await call.answer();
    EXPECT_EQ(text_of(answers[0]), "old");
    EXPECT_EQ(text_of(answers[1]), "new");
    EXPECT_EQ(text_of(answers[2]), "loaded");
    EXPECT_EQ(answers[2]->cause, MissCause::invalidated);
  });
}

// ---- failures, cancellation, the end ----

TEST_F(Far, epochs_that_were_not_told_are_asked_once_more) {
  store.fail_once(Verb::epochs, unavailable("no epochs"));
  EXPECT_TRUE(load()->stored);
  EXPECT_EQ(store.calls(Verb::epochs), 2U);
  store.fail_once(Verb::epochs, unavailable("no epochs"));
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(Far, a_store_that_failed_the_get_is_not_asked_for_epochs_again) {
  store.fail(Verb::get, unavailable("gone"));
  EXPECT_EQ(load()->cause, MissCause::unavailable);
  EXPECT_LE(store.calls(Verb::epochs), 1U);
}

TEST_F(Far, a_cancelled_caller_gives_up_both_questions) {
  slow(1h);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 2; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    co_await until_nothing_runs();
  });
  EXPECT_EQ(clock.sleepers(), 0U);
  EXPECT_EQ(cache.stats().store_errors, 0U);
}

TEST_F(Far, a_caller_that_is_cancelled_between_entry_and_epochs_gets_neither) {
  EXPECT_TRUE(load());
  store.hang(Verb::epochs);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return clock.sleepers() == 1 && store.running(Verb::get) == 0; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
    co_await until_nothing_runs();
  });
  EXPECT_EQ(origin.loads, 1);
}

TEST_F(Far, close_waits_for_questions_that_were_given_up) {
  policy.tags.clear();
  EXPECT_TRUE(load());
  store.hang(Verb::epochs);
  store.slow(Verb::get, 10ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, cache.get(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 2; });
    clock.advance(10ms);
    co_await cache.close();
    EXPECT_EQ(store.running(Verb::epochs), 0U);
    EXPECT_TRUE(co_await call.answer());
  });
}

TEST_F(Far, nothing_is_asked_beside_a_get_once_the_cache_is_closed) {
  run(cache.close());
  EXPECT_EQ(get().error().code(), Errc::closed);
  EXPECT_EQ(store.calls(Verb::epochs), 0U);
}

}  // namespace
}  // namespace larder

// Leases: two caches over one shared store are two nodes.
#include <array>

#include "cache_fixture.hpp"

namespace larder {
namespace {

class Leases : public CacheFixture {
 protected:
  Leases() { store.share(); }
  void TearDown() override {
    run(other.close());
    CacheFixture::TearDown();
  }

  [[nodiscard]] awaitable<Result<Answer>> other_loading() {
    return other.get_or_load(key, policy, other_origin.loader());
  }
  awaitable<void> until_no_lease() {
    const std::function<bool()> done = [this] { return store.leases() == 0; };
    co_await yield_until(done);
  }
  // Until the other node has been told that this one loads.
  awaitable<void> until_other_waits() {
    const std::function<bool()> done = [this] { return other.stats().lease_waits == 1; };
    co_await yield_until(done);
  }
  // As a node does that dies right after it.
  void take_lease_and_die() {
    const std::array requests{LeaseRequest{.key = key, .hold = 3s}};
    EXPECT_EQ(run(store.read_or_lease(requests, kNoDeadline)).front()->state, LeaseState::granted);
  }

  Cache other{store, clock, log};
  Origin other_origin{clock};
};

TEST_F(Leases, two_nodes_load_a_key_once) {
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_loads(1);
    auto second = start(executor, other_loading());
    co_await until_other_waits();
    clock.advance(1s);
    EXPECT_EQ((co_await first.answer())->source, Source::load);
    co_await advance_until([&] { return second.ended(); });
    const auto answer = co_await second.answer();
    EXPECT_EQ(text_of(answer), "sunny");
    EXPECT_EQ(answer->source, Source::store);
    EXPECT_EQ(answer->cause, MissCause::absent);
  });
  EXPECT_EQ(other_origin.loads, 0);
  EXPECT_EQ(other.stats().loads, 0U);
  EXPECT_EQ(cache.stats().leases, 1U);
  EXPECT_EQ(store.leases(), 0U);
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(Leases, are_not_asked_for_where_the_store_is_not_shared) {
  Capabilities alone = store.capabilities();
  alone.shared = false;
  store.set_capabilities(alone);
  EXPECT_TRUE(load());
  EXPECT_EQ(store.calls(Verb::read_or_lease), 0U);
  EXPECT_EQ(store.calls(Verb::put), 1U);
}

TEST_F(Leases, a_loader_that_throws_leaves_none) {
  origin.throws = true;
  play([&](const Executor&) -> awaitable<void> {
    EXPECT_FALSE(co_await loading());
    co_await until_no_lease();
  });
  EXPECT_EQ(store.calls(Verb::release), 1U);
}

TEST_F(Leases, a_loader_that_hangs_leaves_none_after_its_deadline) {
  policy.load_deadline = 2s;
  origin.takes = 1h;
  origin.heeds_cancel = false;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    EXPECT_EQ(store.leases(), 1U);
    clock.advance(2s);
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::timeout);
    co_await until_no_lease();
    EXPECT_EQ(text_of(co_await other_loading()), "sunny");
    clock.advance(1h);
    co_await yield_until([&] { return origin.ended == 1; });
  });
}

TEST_F(Leases, a_load_that_nobody_waits_for_leaves_none) {
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    call.cancel();
    EXPECT_FALSE(co_await call.answer());
    co_await until_no_lease();
  });
}

TEST_F(Leases, close_leaves_none) {
  origin.takes = 1h;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    co_await cache.close();
    EXPECT_EQ(store.leases(), 0U);
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::closed);
  });
}

TEST_F(Leases, a_caller_cancelled_while_the_lease_is_granted_leaves_none) {
  store.slow(Verb::read_or_lease, 100ms);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return store.running(Verb::read_or_lease) == 1; });
    co_await yield_until([&] { return clock.sleepers() == 2; });
    call.cancel();
    EXPECT_FALSE(co_await call.answer());
    clock.advance(100ms);
    co_await yield_until([&] { return store.calls(Verb::release) == 1; });
    co_await until_no_lease();
  });
  EXPECT_EQ(origin.loads, 0);
}

TEST_F(Leases, the_next_node_loads_when_the_first_one_fails) {
  origin.takes = 1s;
  origin.throws = true;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_loads(1);
    auto second = start(executor, other_loading());
    co_await until_other_waits();
    clock.advance(1s);
    EXPECT_FALSE(co_await first.answer());
    co_await advance_until([&] { return second.ended(); });
    EXPECT_EQ((co_await second.answer())->source, Source::load);
  });
}

TEST_F(Leases, a_node_that_dies_is_noticed_by_its_missing_heartbeat) {
  take_lease_and_die();
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return cache.stats().lease_waits == 1; });
    const SteadyTime begin = clock.now();
    co_await advance_until([&] { return call.ended(); });
    EXPECT_EQ(text_of(co_await call.answer()), "sunny");
    EXPECT_GE(clock.now() - begin, 2900ms);
    EXPECT_LE(clock.now() - begin, 3300ms);
  });
}

TEST_F(Leases, a_long_load_keeps_its_lease) {
  origin.takes = 20s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    for (std::size_t beats = 1; beats <= 12; ++beats) {
      co_await yield_until([&] { return clock.sleepers() == 3; });
      clock.advance(1s);
      co_await yield_until([&] { return store.calls(Verb::renew) == beats; });
      EXPECT_EQ(store.leases(), 1U);
    }
    co_await yield_until([&] { return clock.sleepers() == 3; });
    clock.advance(8s);
    EXPECT_EQ((co_await call.answer())->source, Source::load);
  });
}

TEST_F(Leases, an_erase_by_another_node_keeps_the_older_value_out) {
  origin.takes = 500ms;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await other.erase(key, kNoDeadline));
    clock.advance(500ms);
    const auto answer = co_await call.answer();
    EXPECT_EQ(text_of(answer), "sunny");
    EXPECT_FALSE(answer->stored);
  });
  EXPECT_EQ(store.entry(key), nullptr);
  EXPECT_EQ(cache.stats().leases_void, 1U);
}

TEST_F(Leases, a_lost_lease_is_told_by_explain_and_nothing_is_stored) {
  origin.takes = 10s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await until_loads(1);
    EXPECT_EQ((co_await cache.explain(key, kNoDeadline))->lease, LeaseSight::held);
    EXPECT_TRUE(co_await other.erase(key, kNoDeadline));
    co_await yield_until([&] { return clock.sleepers() == 3; });
    clock.advance(1s);
    const auto lost = [&]() -> awaitable<void> {
      while ((co_await cache.explain(key, kNoDeadline))->lease != LeaseSight::lost) {
      }
    };
    co_await lost();
    co_await yield_until([&] { return clock.sleepers() == 3; });
    clock.advance(9s);
    EXPECT_FALSE((co_await call.answer())->stored);
  });
  EXPECT_EQ(store.calls(Verb::fill), 0U);
  EXPECT_EQ(cache.stats().leases_void, 1U);
}

TEST_F(Leases, a_store_that_fails_to_lease_costs_no_answer_and_stores_nothing) {
  store.fail(Verb::read_or_lease, unavailable("gone"));
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(Leases, an_entry_outdated_by_its_tags_is_loaded_anew) {
  policy.tags = {tag};
  EXPECT_TRUE(load());
  EXPECT_TRUE(run(cache.invalidate(std::span(&tag, 1), kNoDeadline)));
  origin.answer = Loaded{.value = bytes("rain")};
  const auto answer = load();
  EXPECT_EQ(text_of(answer), "rain");
  EXPECT_TRUE(answer->stored);
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(Leases, what_another_node_stored_under_older_epochs_is_not_taken) {
  policy.tags = {tag};
  origin.takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    auto first = start(executor, loading());
    co_await until_loads(1);
    EXPECT_TRUE(co_await other.invalidate(std::span(&tag, 1), kNoDeadline));
    other_origin.answer = Loaded{.value = bytes("rain")};
    auto second = start(executor, other_loading());
    co_await until_other_waits();
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await first.answer()), "sunny");
    co_await advance_until([&] { return second.ended(); });
    EXPECT_EQ(text_of(co_await second.answer()), "rain");
  });
  EXPECT_EQ(text_of(load()), "rain");
}

TEST_F(Leases, a_value_loaded_after_a_wait_is_stored_under_the_epochs_of_then) {
  policy.tags = {tag};
  take_lease_and_die();
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await yield_until([&] { return cache.stats().lease_waits == 1; });
    EXPECT_TRUE(co_await other.invalidate(std::span(&tag, 1), kNoDeadline));
    co_await advance_until([&] { return call.ended(); });
    EXPECT_TRUE((co_await call.answer())->stored);
  });
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(Leases, a_wait_for_another_node_ends_at_the_load_deadline) {
  policy.load_deadline = 1s;
  take_lease_and_die();
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await advance_until([&] { return call.ended(); });
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::timeout);
  });
  EXPECT_EQ(origin.loads, 0);
}

TEST_F(Leases, a_stale_entry_shortens_the_wait_for_another_node) {
  policy.stale_if_error = 1h;
  policy.soft_deadline = 50ms;
  EXPECT_TRUE(load());
  clock.advance(61s);
  take_lease_and_die();
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, loading());
    co_await advance_until([&] { return call.ended(); });
    EXPECT_EQ((co_await call.answer())->source, Source::stale);
    // The load goes on, and gets the lease of the dead node.
    co_await advance_until([&] { return origin.loads == 2; });
    co_await until_no_lease();
  });
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(Leases, of_many_keys_only_those_of_other_nodes_are_waited_for) {
  const std::array keys{key, Key::literal("weather", "rome")};
  take_lease_and_die();
  std::vector<std::size_t> sizes;
  const ManyLoader loader = [&](const ManyLoadContext& context) -> awaitable<Batch<Loaded>> {
    sizes.push_back(context.keys.size());
    co_return Batch<Loaded>(context.keys.size(), Loaded{.value = bytes("many")});
  };
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, cache.get_or_load_many(keys, policy, loader));
    co_await yield_until([&] { return store.entry(keys[1]) != nullptr; });
    EXPECT_EQ(store.entry(keys[0]), nullptr);
    co_await advance_until([&] { return call.ended(); });
    for (const auto& answer : co_await call.answer()) {
      EXPECT_EQ(text_of(answer), "many");
    }
  });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 1}));
  EXPECT_EQ(store.leases(), 0U);
}

}  // namespace
}  // namespace larder

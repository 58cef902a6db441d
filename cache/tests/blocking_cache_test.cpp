#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "blocking_fixture.hpp"

namespace larder {
namespace {

TEST_F(Blocking, offers_every_verb_of_the_cache) {
  const auto cache = make();
  policy.tags = {tag};
  policy.stale_if_error = 1h;
  EXPECT_TRUE(cache->check_policy(policy));
  EXPECT_FALSE(*cache->get(key, kNoDeadline));
  EXPECT_EQ(cache->put(key, bytes("rainy"), policy, kNoDeadline), true);
  EXPECT_EQ(text_of(**cache->get(key, kNoDeadline)), "rainy");
  EXPECT_EQ(cache->expire(key, kNoDeadline), true);
  EXPECT_EQ(cache->explain(key, kNoDeadline)->cause, MissCause::expired);
  EXPECT_EQ(text_of(load(*cache, sunny)), "sunny");
  EXPECT_EQ(load(*cache, sunny)->source, Source::store);
  EXPECT_TRUE(cache->invalidate(std::span(&tag, 1), kNoDeadline));
  EXPECT_EQ(load(*cache, sunny)->cause, MissCause::invalidated);
  EXPECT_EQ(cache->explain(key, policy, kNoDeadline)->next, Explanation::Next::hit);
  EXPECT_TRUE(cache->clear("weather", kNoDeadline));
  EXPECT_EQ(load(*cache, sunny)->cause, MissCause::invalidated);
  EXPECT_EQ(cache->store_stats().entries, 1U);
  EXPECT_EQ(cache->erase(key, kNoDeadline), true);
  EXPECT_EQ(cache->store_stats().entries, 0U);
  EXPECT_EQ(cache->stats().loads, 3U);
}

TEST_F(Blocking, hands_its_options_to_the_cache_inside) {
  store.share();
  EXPECT_TRUE(make()->breaker_stats());
  EXPECT_FALSE(make({.cache = {.breaker = std::nullopt}})->breaker_stats());
}

TEST_F(Blocking, opens_a_store_by_name_and_closes_it) {
  BackendRegistry registry;
  registry.add(
      "scripted",
      [](const BackendContext& context) -> awaitable<Result<std::unique_ptr<CacheBackend>>> {
        co_return std::make_unique<ScriptedBackend>(context.clock);
      });
  const BackendContext context{.clock = clock, .log = log};
  const auto cache = BlockingCache::open(registry, "scripted", context);
  ASSERT_TRUE(cache);
  EXPECT_EQ(text_of(load(**cache, sunny)), "sunny");
  const auto unknown = BlockingCache::open(registry, "disk", context);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::unsupported);
}

TEST_F(Blocking, shares_one_load_among_many_threads) {
  constexpr std::size_t kCallers = 16;
  std::latch all_wait(1);
  const auto cache = make();
  std::atomic<int> loads = 0;
  const BlockingLoader slow = [&](const BlockingLoadContext& context) {
    ++loads;
    all_wait.wait();
    return sunny(context);
  };
  std::vector<std::future<Result<Answer>>> answers;
  for (std::size_t i = 0; i < kCallers; ++i) {
    answers.push_back(on_thread([&] { return load(*cache, slow); }));
  }
  wait_until([&] { return cache->stats().coalesced == kCallers - 1; });
  all_wait.count_down();
  for (auto& answer : answers) {
    EXPECT_EQ(text_of(answer.get()), "sunny");
  }
  EXPECT_EQ(loads, 1);
}

TEST_F(Blocking, a_loader_that_blocks_stalls_nobody_else) {
  std::latch rome_is_answered(1);
  const auto cache = make();
  auto paris = on_thread([&] {
    return load(*cache, [&](const BlockingLoadContext& context) {
      rome_is_answered.wait();
      return sunny(context);
    });
  });
  wait_until([&] { return cache->stats().loads == 1; });
  EXPECT_EQ(text_of(cache->get_or_load(other, policy, sunny, kNoDeadline)), "sunny");
  EXPECT_EQ(text_of(**cache->get(other, kNoDeadline)), "sunny");
  rome_is_answered.count_down();
  EXPECT_EQ(text_of(paris.get()), "sunny");
}

TEST_F(Blocking, a_loader_may_load_another_key) {
  const auto cache = make();
  const auto answer = load(*cache, [&](const BlockingLoadContext& context) -> Result<Loaded> {
    const auto part = cache->get_or_load(other, policy, sunny, context.deadline);
    return Loaded{.value = bytes("mostly " + text_of(part))};
  });
  EXPECT_EQ(text_of(answer), "mostly sunny");
}

TEST_F(Blocking, a_callers_deadline_ends_its_wait_and_the_load_goes_on_for_others) {
  std::latch patient_only(1);
  const auto cache = make();
  const BlockingLoader slow = [&](const BlockingLoadContext& context) {
    patient_only.wait();
    return sunny(context);
  };
  auto patient = on_thread([&] { return load(*cache, slow); });
  wait_until([&] { return cache->stats().loads == 1; });
  auto hasty = on_thread([&] { return cache->get_or_load(key, policy, slow, clock.in(1s)); });
  wait_until([&] { return cache->stats().coalesced == 1 && clock.sleepers() == 2; });
  clock.advance(1s);
  EXPECT_EQ(hasty.get().error().message(),
            "timeout: weather: no answer before the caller's deadline");
  patient_only.count_down();
  EXPECT_EQ(text_of(patient.get()), "sunny");
}

TEST_F(Blocking, the_deadline_of_the_last_caller_asks_the_loader_to_stop) {
  std::promise<void> asked;
  const auto cache = make();
  auto call = on_thread([&] {
    return cache->get_or_load(
        key, policy,
        [&](const BlockingLoadContext& context) -> Result<Loaded> {
          const std::stop_callback told(context.stop, [&] { asked.set_value(); });
          asked.get_future().wait();
          return fail(Errc::unavailable, "stopped");
        },
        clock.in(1s));
  });
  // The caller's and the load's.
  wait_until([&] { return clock.sleepers() == 2; });
  clock.advance(1s);
  EXPECT_EQ(call.get().error().code(), Errc::timeout);
  // The key is free at once.
  EXPECT_EQ(text_of(load(*cache, sunny)), "sunny");
}

TEST_F(Blocking, a_hung_loader_is_abandoned_at_its_deadline) {
  policy.stale_if_error = 1h;
  std::latch begun(1);
  std::latch end(1);
  const auto cache = make();
  EXPECT_TRUE(load(*cache, sunny));
  clock.advance(61s);
  auto call = on_thread([&] {
    return load(*cache, [&](const BlockingLoadContext& context) {
      EXPECT_TRUE(context.stale);
      begun.count_down();
      end.wait();
      return sunny(context);
    });
  });
  begun.wait();
  wait_until([&] { return clock.sleepers() == 1; });
  clock.advance(policy.load_deadline);
  EXPECT_EQ(call.get()->source, Source::stale);
  EXPECT_EQ(cache->stats().load_timeouts, 1U);
  end.count_down();
}

TEST_F(Blocking, a_deadline_already_past_does_nothing) {
  const auto cache = make();
  EXPECT_EQ(cache->get(key, clock.now()).error().code(), Errc::timeout);
  EXPECT_EQ(store.calls(Verb::get), 0U);
}

TEST_F(Blocking, a_store_that_hangs_ends_a_call_at_its_deadline) {
  const auto cache = make();
  store.hang(Verb::get);
  auto call = on_thread([&] { return cache->get(key, clock.in(1s)); });
  wait_until([&] { return clock.sleepers() == 2; });
  clock.advance(1s);
  EXPECT_EQ(call.get().error().code(), Errc::timeout);
}

TEST_F(Blocking, what_a_loader_throws_is_an_error) {
  const auto cache = make();
  EXPECT_EQ(load(*cache,
                 [](const BlockingLoadContext&) -> Result<Loaded> {
                   throw std::runtime_error("on fire");
                 })
                .error()
                .message(),
            "load_failed: weather: the loader threw: on fire");
  EXPECT_EQ(
      load(*cache, [](const BlockingLoadContext&) -> Result<Loaded> { throw 7; }).error().code(),
      Errc::load_failed);
  EXPECT_EQ(load(*cache, nullptr).error().code(), Errc::invalid_argument);
}

TEST_F(Blocking, loads_beyond_its_threads_wait_and_beyond_that_are_refused) {
  std::latch end(1);
  std::latch runs(1);
  const auto cache = make({.loader_threads = 1, .loads_waiting_max = 1});
  auto running = on_thread([&] {
    return load(*cache, [&](const BlockingLoadContext& context) {
      runs.count_down();
      end.wait();
      return sunny(context);
    });
  });
  runs.wait();
  auto waiting = on_thread([&] { return cache->get_or_load(other, policy, sunny, kNoDeadline); });
  // Its deadline is set just before it queues, on the thread that the next call needs as well.
  wait_until([&] { return clock.sleepers() == 2; });
  const auto refused =
      cache->get_or_load(Key::literal("weather", "oslo"), policy, sunny, kNoDeadline);
  EXPECT_EQ(refused.error().code(), Errc::overloaded);
  end.count_down();
  EXPECT_EQ(text_of(running.get()), "sunny");
  EXPECT_EQ(text_of(waiting.get()), "sunny");
}

TEST_F(Blocking, close_ends_what_runs_and_refuses_what_comes) {
  const auto cache = make();
  store.hang(Verb::put);
  auto putting = on_thread([&] { return cache->put(other, bytes("x"), policy, kNoDeadline); });
  auto loading = on_thread([&] {
    return load(*cache, [](const BlockingLoadContext& context) -> Result<Loaded> {
      std::promise<void> asked;
      const std::stop_callback told(context.stop, [&] { asked.set_value(); });
      asked.get_future().wait();
      return fail(Errc::unavailable, "stopped");
    });
  });
  wait_until([&] { return store.running(Verb::put) == 1 && cache->stats().loads == 1; });
  cache->close();
  EXPECT_EQ(putting.get().error().code(), Errc::closed);
  EXPECT_EQ(loading.get().error().code(), Errc::closed);
  EXPECT_EQ(cache->get(key, kNoDeadline).error().code(), Errc::closed);
  EXPECT_EQ(load(*cache, sunny).error().code(), Errc::closed);
  cache->close();
}

// Ends with the loader that holds it.
struct Held {
  ~Held() { gone.set_value(); }
  std::promise<void> gone;
};

TEST_F(Blocking, a_loader_that_never_returns_is_left_behind_by_close) {
  std::promise<void> end;
  auto held = std::make_shared<Held>();
  auto gone = held->gone.get_future();
  {
    const auto cache = make({.close_patience = milliseconds(0)});
    std::latch runs(1);
    auto call = on_thread([&, held = std::move(held)]() mutable {
      return load(*cache,
                  [&, held = std::move(held),
                   wait = end.get_future().share()](const BlockingLoadContext&) -> Result<Loaded> {
                    runs.count_down();
                    wait.wait();
                    return Loaded{.value = bytes("too late")};
                  });
    });
    runs.wait();
    cache->close();
    EXPECT_EQ(call.get().error().code(), Errc::closed);
  }
  EXPECT_THAT(log.lines(),
              ::testing::ElementsAre("warning cache: loaders still run after close and were left "
                                     "behind loaders=1"));
  end.set_value();
  gone.wait();
}

TEST_F(Blocking, refuses_options_out_of_range) {
  const auto check = [&](BlockingOptions options) {
    return BlockingCache::make(store, clock, log, options).error().message();
  };
  EXPECT_EQ(check({.loader_threads = 0}), "invalid_argument: loader_threads: must be 1 to 1024");
  EXPECT_EQ(check({.loads_waiting_max = 0}),
            "invalid_argument: loads_waiting_max: must be 1 to 1,000,000");
  EXPECT_EQ(check({.close_patience = milliseconds(-1)}),
            "invalid_argument: close_patience: must be 0 to 1 h");
  EXPECT_EQ(BlockingCache::make(store, clock, log, {.cache = {.loads_max = 0}}).error().code(),
            Errc::invalid_argument);
}

// Everything at once from many threads; worth most under ThreadSanitizer.
TEST_F(Blocking, everything_at_once_answers_every_caller) {
  policy.tags = {tag};
  const auto cache = make({.loader_threads = 4});
  const std::vector keys{key, Key::literal("weather", "0")};
  const BlockingLoader tagged = [this](const BlockingLoadContext& context) {
    // Cancelled where an erase or another caller's end abandoned the load.
    (void)context.add_tags({other_tag});
    return sunny(context);
  };
  std::vector<std::future<int>> threads;
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    threads.push_back(on_thread([&, seed]() mutable {
      int answers = 0;
      for (int i = 0; i < 100; ++i) {
        seed = seed * 1664525 + 1013904223;
        const Key one = Key::literal("weather", std::to_string((seed >> 8) % 3));
        switch ((seed >> 16) % 8) {
          case 0:
            answers += cache->erase(one, kNoDeadline).has_value() ? 1 : 0;
            break;
          case 1:
            answers += cache->invalidate(std::span(&tag, 1), kNoDeadline).has_value() ? 1 : 0;
            break;
          case 2:
            answers += cache->get(one, kNoDeadline).has_value() ? 1 : 0;
            break;
          case 3:
            answers += cache->clear("weather", kNoDeadline).has_value() ? 1 : 0;
            break;
          case 4:
            answers += cache->get_or_load_many(keys, policy, all_sunny, clock.in(1h))[1] ? 1 : 0;
            break;
          case 5:
            answers += cache->get_or_load(one, policy, tagged, clock.in(1h)).has_value() ? 1 : 0;
            break;
          default:
            answers += cache->get_or_load(one, policy, sunny, clock.in(1h)).has_value() ? 1 : 0;
        }
      }
      return answers;
    }));
  }
  for (auto& thread : threads) {
    EXPECT_EQ(thread.get(), 100);
  }
}

}  // namespace
}  // namespace larder

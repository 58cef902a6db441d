#include <larder/cache/breaker.hpp>

#include <set>
#include <string>

#include <gmock/gmock.h>

#include "stage.hpp"

namespace larder {
namespace {

const BreakerOptions kOptions{.failures_max = 3,
                              .failure_share = 0.5,
                              .window_calls_min = 10,
                              .window = 8s,
                              .pause_first = 100ms,
                              .pause_max = 400ms,
                              .probe_patience = 1s};

const Error kDown(Errc::unavailable, "no route");

class Breaker : public testing::Test {
 public:
  FakeClock clock;
  CountingLog log;
  std::unique_ptr<CacheBackend> store = memory_store(clock);
  Stage stage{*store};
  std::unique_ptr<BreakerBackend> breaker =
      BreakerBackend::make(stage, clock, log, kOptions).value();

  std::string read() { return run(text(*breaker, kKey)); }
  std::string write() {
    const std::vector<PutItem> items{{.entry = entry_of(kKey, "value")}};
    const auto answer = run(breaker->put(items, kNoDeadline)).front();
    return answer ? "stored" : std::string(to_string(answer.error().code()));
  }
  void fail_reads(int times, Error error = kDown) {
    stage.reads_fail = std::move(error);
    for (int i = 0; i < times; ++i) {
      read();
    }
  }
  [[nodiscard]] BreakerStats::Direction reads() const { return breaker->breaker_stats().reads; }
};

TEST_F(Breaker, opens_after_so_many_failures_in_a_row_and_then_asks_no_more) {
  fail_reads(2);
  EXPECT_FALSE(reads().open);
  fail_reads(1);
  EXPECT_TRUE(reads().open);
  EXPECT_EQ(stage.gets, 3U);
  EXPECT_EQ(read(), "unavailable");
  EXPECT_EQ(stage.gets, 3U);
  EXPECT_EQ(reads().opens, 1U);
  EXPECT_EQ(reads().refused, 1U);
}

TEST_F(Breaker, tells_who_it_refuses_what_and_until_when) {
  fail_reads(3);
  const auto answer = run(get(*breaker, kKey));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_EQ(answer.error().advice(), Advice::later);
  EXPECT_THAT(
      answer.error().context(),
      testing::MatchesRegex("memory store: the breaker is open for reads for another [0-9]+ ms"));
}

TEST_F(Breaker, forgets_failures_at_the_first_success) {
  fail_reads(2);
  stage.reads_fail.reset();
  EXPECT_EQ(read(), "(miss)");
  fail_reads(2);
  EXPECT_FALSE(reads().open);
}

TEST_F(Breaker, opens_on_a_share_of_failures_although_some_calls_succeed) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(reads().open) << i;
    stage.reads_fail.reset();
    read();
    fail_reads(1);
  }
  EXPECT_TRUE(reads().open);
}

TEST_F(Breaker, forgets_what_is_older_than_its_window) {
  for (int i = 0; i < 4; ++i) {
    stage.reads_fail.reset();
    read();
    fail_reads(1);
  }
  clock.advance(9s);
  stage.reads_fail.reset();
  read();
  fail_reads(1);
  EXPECT_FALSE(reads().open);
}

TEST_F(Breaker, keeps_reads_and_writes_apart) {
  stage.writes_fail = kDown;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(write(), "unavailable");
  }
  EXPECT_TRUE(breaker->breaker_stats().writes.open);
  EXPECT_FALSE(reads().open);
  EXPECT_EQ(read(), "(miss)");
}

TEST_F(Breaker, lets_exactly_one_probe_through_after_the_pause_and_heals_by_it) {
  fail_reads(3);
  clock.advance(kOptions.pause_first);
  stage.reads_fail.reset();
  run([](Breaker& test) -> awaitable<void> {
    const std::size_t gets = test.stage.gets;
    // While the probe is at the store, another call comes.
    test.stage.before_get = [&test]() -> awaitable<void> {
      const auto other = co_await get(*test.breaker, kOther);
      EXPECT_EQ(text_of(other), "unavailable");
      EXPECT_EQ(other.error().context(),
                "memory store: the breaker is open for reads until the probe under way has ended");
    };
    EXPECT_EQ(co_await text(*test.breaker, kKey), "(miss)");
    EXPECT_EQ(test.stage.gets, gets + 1);
    EXPECT_EQ(co_await text(*test.breaker, kOther), "(miss)");
  }(*this));
  EXPECT_FALSE(reads().open);
  EXPECT_EQ(reads().probes, 1U);
}

TEST_F(Breaker, pauses_longer_after_each_failed_probe_up_to_the_maximum) {
  fail_reads(3);
  for (const milliseconds most : {100ms, 200ms, 400ms, 400ms, 400ms}) {
    const auto refused = run(get(*breaker, kKey)).error().context();
    const std::size_t number = refused.find_last_of("r ", refused.size() - 4);
    EXPECT_LE(std::stoll(refused.substr(number)), most.count()) << refused;
    const std::size_t gets = stage.gets;
    clock.advance(most);
    EXPECT_EQ(read(), "unavailable");
    EXPECT_EQ(stage.gets, gets + 1) << "the probe";
  }
  EXPECT_EQ(reads().opens, 1U);
  EXPECT_EQ(reads().probes, 5U);
}

TEST_F(Breaker, draws_its_pauses_at_random) {
  std::set<std::string> texts;
  for (int i = 0; i < 20; ++i) {
    fail_reads(3);
    texts.insert(run(get(*breaker, kKey)).error().context());
    clock.advance(kOptions.pause_first);
    stage.reads_fail.reset();
    EXPECT_EQ(read(), "(miss)");
  }
  EXPECT_GT(texts.size(), 3U);
}

TEST_F(Breaker, gives_the_place_of_a_cancelled_probe_to_the_next_call) {
  fail_reads(3);
  clock.advance(kOptions.pause_first);
  EXPECT_EQ((fail_reads(1, Error(Errc::cancelled, "gone")), reads().open), true);
  stage.reads_fail.reset();
  EXPECT_EQ(read(), "(miss)");
  EXPECT_FALSE(reads().open);
}

TEST_F(Breaker, replaces_a_probe_that_does_not_end) {
  fail_reads(3);
  clock.advance(kOptions.pause_first);
  stage.reads_fail.reset();
  run([](Breaker& test) -> awaitable<void> {
    test.stage.before_get = [&test]() -> awaitable<void> {
      EXPECT_EQ(co_await text(*test.breaker, kOther), "unavailable");
      test.clock.advance(kOptions.probe_patience);
      EXPECT_EQ(co_await text(*test.breaker, kOther), "(miss)");
    };
    co_await text(*test.breaker, kKey);
  }(*this));
  EXPECT_FALSE(reads().open);
  EXPECT_EQ(reads().probes, 2U);
}

TEST_F(Breaker, logs_an_outage_once_and_its_end_once) {
  fail_reads(20);
  for (int i = 0; i < 3; ++i) {
    clock.advance(kOptions.pause_max);
    read();
  }
  clock.advance(kOptions.pause_max);
  stage.reads_fail.reset();
  read();
  EXPECT_THAT(log.lines, testing::ElementsAre(
                             "breaker: the store fails; it is not asked for a while store=memory "
                             "direction=reads cause=unavailable",
                             "breaker: the store answers again store=memory direction=reads"));
}

TEST_F(Breaker, takes_a_slow_store_for_a_failing_one) {
  fail_reads(3, Error(Errc::timeout, "slow"));
  EXPECT_TRUE(reads().open);
}

TEST_F(Breaker, does_not_blame_the_store_for_a_deadline_that_had_passed) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(text_of(run(get(*breaker, kKey, clock.now() - 1ms))), "timeout");
  }
  EXPECT_FALSE(reads().open);
}

TEST_F(Breaker, stays_closed_for_what_is_no_outage) {
  for (const Errc code :
       {Errc::invalid_argument, Errc::unsupported, Errc::too_large, Errc::out_of_range,
        Errc::overloaded, Errc::storage_full, Errc::access_denied, Errc::corrupt, Errc::load_failed,
        Errc::cancelled, Errc::closed}) {
    fail_reads(10, Error(code, "not down"));
    EXPECT_FALSE(reads().open) << to_string(code);
  }
}

TEST_F(Breaker, counts_an_answer_of_no_as_an_answer) {
  fail_reads(2);
  fail_reads(1, Error(Errc::storage_full, "full"));
  fail_reads(2);
  EXPECT_FALSE(reads().open);
}

TEST_F(Breaker, ignores_failures_of_calls_that_began_before_it_healed) {
  run([](Breaker& test) -> awaitable<void> {
    // One slow call is at the store while the breaker opens and heals.
    test.stage.before_get = [&test]() -> awaitable<void> {
      for (int i = 0; i < 3; ++i) {
        test.stage.reads_fail = kDown;
        co_await text(*test.breaker, kOther);
      }
      test.clock.advance(kOptions.pause_first);
      test.stage.reads_fail.reset();
      co_await text(*test.breaker, kOther);
      test.stage.reads_fail = kDown;
      co_await text(*test.breaker, kOther);
      co_await text(*test.breaker, kOther);
    };
    EXPECT_EQ(co_await text(*test.breaker, kKey), "unavailable");
  }(*this));
  EXPECT_FALSE(reads().open) << "two failures since it healed, and one from before";
}

TEST_F(Breaker, says_closed_after_close_although_it_is_open) {
  fail_reads(3);
  run(breaker->close());
  stage.reads_fail.reset();
  EXPECT_EQ(read(), "closed");
}

TEST_F(Breaker, is_found_in_a_stack) {
  const Stage above(*breaker);
  EXPECT_TRUE(has_breaker(above));
  EXPECT_FALSE(has_breaker(stage));
}

TEST_F(Breaker, counts_refused_calls_as_errors_of_the_store) {
  fail_reads(4);
  EXPECT_EQ(breaker->stats().errors, 1U);
}

TEST_F(Breaker, refuses_options_out_of_range) {
  for (const BreakerOptions& options :
       {BreakerOptions{.failures_max = 0}, BreakerOptions{.failure_share = 0},
        BreakerOptions{.failure_share = 1.1}, BreakerOptions{.window_calls_min = 0},
        BreakerOptions{.window = 99ms}, BreakerOptions{.pause_first = 0ms},
        BreakerOptions{.pause_first = 2s, .pause_max = 1s}, BreakerOptions{.pause_max = 2h},
        BreakerOptions{.probe_patience = 0ms}}) {
    const auto made = BreakerBackend::make(stage, clock, log, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), Errc::invalid_argument);
  }
}

TEST_F(Breaker, opens_once_under_many_threads) {
  stage.reads_fail = kDown;
  std::vector<awaitable<void>> works;
  for (int i = 0; i < 8; ++i) {
    works.push_back([](CacheBackend& store) -> awaitable<void> {
      for (int call = 0; call < 200; ++call) {
        const auto answer = co_await store.ping(kNoDeadline);
        EXPECT_EQ(answer.error().code(), Errc::unavailable);
      }
    }(*breaker));
  }
  testkit::run_works(std::move(works), 4);
  EXPECT_EQ(reads().opens, 1U);
  EXPECT_GE(reads().refused, 1600U - 8U - kOptions.failures_max);
}

}  // namespace
}  // namespace larder

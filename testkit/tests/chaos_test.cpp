#include <larder/testkit/chaos_backend.hpp>

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>

#include <larder/testkit/conformance.hpp>
#include <larder/testkit/models.hpp>
#include <larder/testkit/run.hpp>

#include "reference_store.hpp"

namespace larder::testkit {
namespace {

// Nothing but a layer in between: the suite sees the store.
class TransparentChaos final : public FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    co_return std::make_unique<ChaosBackend>(std::make_unique<ReferenceBackend>(clock()), clock(),
                                             ChaosOptions());
  }
};

LARDER_CONFORMANCE(chaos, TransparentChaos);

struct Chaos {
  explicit Chaos(ChaosOptions options)
      : store(std::make_unique<ReferenceBackend>(clock), clock, std::move(options)) {}
  ~Chaos() { run(store.close()); }

  FakeClock clock;
  ChaosBackend store;
};

std::string name_of(const Result<void>& result) {
  return result ? "ok"
                : std::string(to_string(result.error().code())) + "/" +
                      std::string(to_string(result.error().advice()));
}

awaitable<std::vector<std::string>> pings(CacheBackend& store, int count) {
  std::vector<std::string> answers;
  for (int i = 0; i < count; ++i) {
    answers.push_back(name_of(co_await store.ping(kNoDeadline)));
  }
  co_return answers;
}

awaitable<Result<std::int64_t>> add_one(CacheBackend& store) {
  const Addition addition{.key = Key::literal("test", "a"), .delta = 1};
  auto sums = co_await store.add(std::span(&addition, 1), kNoDeadline);
  co_return sums.front();
}

TEST(ChaosBackend, does_the_same_again_with_the_same_seed) {
  const ChaosOptions options{.seed = 42, .error_rate = 0.5};
  Chaos first(options);
  Chaos second(options);
  Chaos other({.seed = 43, .error_rate = 0.5});
  const auto answers = run(pings(first.store, 50));
  EXPECT_EQ(run(pings(second.store, 50)), answers);
  EXPECT_NE(run(pings(other.store, 50)), answers);
  EXPECT_EQ(first.store.seed(), 42U);
}

TEST(ChaosBackend, draws_a_seed_and_tells_it) {
  Chaos first({.error_rate = 0.5});
  Chaos again({.seed = first.store.seed(), .error_rate = 0.5});
  EXPECT_NE(first.store.seed(), 0U);
  EXPECT_EQ(run(pings(again.store, 50)), run(pings(first.store, 50)));
}

TEST(ChaosBackend, draws_each_of_its_errors_at_about_the_rate) {
  Chaos chaos({.seed = 7, .error_rate = 0.5});
  std::map<std::string, int> seen;
  for (const std::string& answer : run(pings(chaos.store, 2000))) {
    ++seen[answer];
  }
  EXPECT_EQ(seen.size(), ChaosOptions().errors.size() + 1);
  EXPECT_NEAR(seen["ok"], 1000, 150);
  EXPECT_GT(seen["timeout/unknown_outcome"], 50);
}

TEST(ChaosBackend, does_what_it_then_loses_the_reply_to) {
  Chaos chaos({.seed = 1, .lost_reply_rate = 1});
  const auto lost = run(add_one(chaos.store));
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().advice(), Advice::unknown_outcome);
  chaos.store.set_options({});
  EXPECT_EQ(run(add_one(chaos.store)).value_or(-1), 2);
}

TEST(ChaosBackend, does_nothing_before_the_error_it_draws) {
  Chaos chaos({.seed = 1, .error_rate = 1});
  EXPECT_FALSE(run(add_one(chaos.store)).has_value());
  chaos.store.set_options({});
  EXPECT_EQ(run(add_one(chaos.store)).value_or(-1), 1);
}

TEST(ChaosBackend, is_unavailable_in_an_outage_and_not_after_it) {
  Chaos chaos({});
  chaos.store.start_outage();
  EXPECT_EQ(run(pings(chaos.store, 1)).front(), "unavailable/later");
  chaos.store.end_outage();
  EXPECT_EQ(run(pings(chaos.store, 1)).front(), "ok");
}

awaitable<std::string> ping_and_wait(Chaos& chaos, Deadline deadline, milliseconds then,
                                     std::string& before) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto call = start(executor, chaos.store.ping(deadline));
  const std::function<bool()> asleep = [&chaos] { return chaos.clock.sleepers() > 0; };
  co_await yield_until(asleep);
  chaos.clock.advance(then - milliseconds(1));
  before = call.ended() ? "ended" : "waits";
  chaos.clock.advance(milliseconds(1));
  co_return name_of(co_await call.answer());
}

TEST(ChaosBackend, hangs_until_the_deadline) {
  Chaos chaos({.hang_rate = 1});
  std::string before;
  const auto deadline = chaos.clock.in(milliseconds(100));
  EXPECT_EQ(run(ping_and_wait(chaos, deadline, milliseconds(100), before)), "timeout/later");
  EXPECT_EQ(before, "waits");
}

TEST(ChaosBackend, is_late_by_the_delay) {
  Chaos chaos({.delay_rate = 1, .delay_min = milliseconds(70), .delay_max = milliseconds(70)});
  std::string before;
  const auto deadline = chaos.clock.in(milliseconds(100));
  EXPECT_EQ(run(ping_and_wait(chaos, deadline, milliseconds(70), before)), "ok");
  EXPECT_EQ(before, "waits");
}

awaitable<std::string> ping_and_close(Chaos& chaos) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto call = start(executor, chaos.store.ping(chaos.clock.in(milliseconds(100))));
  const std::function<bool()> asleep = [&chaos] { return chaos.clock.sleepers() > 0; };
  co_await yield_until(asleep);
  co_await chaos.store.close();
  co_return name_of(co_await call.answer());
}

TEST(ChaosBackend, ends_what_hangs_with_closed_when_it_closes) {
  Chaos chaos({.hang_rate = 1});
  EXPECT_EQ(run(ping_and_close(chaos)), "closed/never");
}

awaitable<void> count_for_a_while(CacheBackend& store, History<CounterModel>& history,
                                  std::size_t client) {
  const Key key = Key::literal("test", "a");
  for (int i = 0; i < 12; ++i) {
    co_await perform(store, key, history, client, {.delta = 1}, kNoDeadline);
  }
}

// The errors a client sees are true: what they say was not done was not, and the rest was
// done once or not at all.
TEST(ChaosBackend, leaves_an_honest_store_linearisable) {
  Chaos chaos({.error_rate = 0.2, .lost_reply_rate = 0.2});
  SCOPED_TRACE(chaos.store.seed());
  History<CounterModel> history;
  std::vector<awaitable<void>> clients;
  for (std::size_t client = 0; client < 4; ++client) {
    clients.push_back(count_for_a_while(chaos.store, history, client));
  }
  run_works(std::move(clients), 4);
  const Verdict verdict = check(history);
  EXPECT_EQ(verdict.outcome, Outcome::linearisable) << verdict.text;
}

}  // namespace
}  // namespace larder::testkit

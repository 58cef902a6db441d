// The breaker that a Cache puts around its store by itself.
#include <gtest/gtest.h>

#include "cache_fixture.hpp"

namespace larder {
namespace {

using testkit::FakeClock;
using testkit::kNoDeadline;
using testkit::run;

struct Node {
  explicit Node(CacheOptions options = {}) : cache(store_that_others_see(), clock, log, options) {}
  ~Node() { run(cache.close()); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  CacheBackend& store_that_others_see() {
    store.share();
    return store;
  }
  void get() { static_cast<void>(run(cache.get(key, kNoDeadline))); }
  // A get asks for the epoch of its namespace beside the entry.
  [[nodiscard]] std::size_t reads() const {
    return store.calls(Verb::get) + store.calls(Verb::epochs);
  }

  FakeClock clock;
  ScriptedBackend store{clock};
  Log log;
  const Key key = Key::literal("weather", "paris");
  Cache cache;
};

TEST(DefaultBreaker, keeps_calls_from_a_shared_store_that_is_down_until_it_is_back) {
  Node node;
  node.store.fail_all(unavailable("gone"));
  for (int call = 0; call < 20; ++call) {
    node.get();
  }
  // The epoch was on its way when the get beside it opened the circuit.
  const std::size_t asked = BreakerOptions().failures_max + 1;
  EXPECT_EQ(node.reads(), asked);
  EXPECT_TRUE(node.cache.breaker_stats()->reads.open);
  node.store.heal();
  node.clock.advance(BreakerOptions().pause_first);
  node.get();
  EXPECT_EQ(node.reads(), asked + 1);
  EXPECT_FALSE(node.cache.breaker_stats()->reads.open);
}

TEST(DefaultBreaker, is_not_put_around_a_store_of_this_process) {
  FakeClock clock;
  ScriptedBackend store{clock};
  Log log;
  Cache cache(store, clock, log);
  EXPECT_FALSE(cache.breaker_stats());
  run(cache.close());
}

TEST(DefaultBreaker, can_be_left_out) {
  Node node(CacheOptions{.breaker = std::nullopt});
  node.store.fail_all(unavailable("gone"));
  for (int call = 0; call < 20; ++call) {
    node.get();
  }
  EXPECT_EQ(node.store.calls(Verb::get), 20U);
}

TEST(DefaultBreaker, has_its_options_checked_with_the_policy) {
  const Node node(CacheOptions{.breaker = BreakerOptions{.failures_max = 0}});
  const auto valid = node.cache.check_policy(Policy());
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code(), Errc::invalid_argument);
  EXPECT_NE(valid.error().context().find("failures_max"), std::string::npos);
}

}  // namespace
}  // namespace larder

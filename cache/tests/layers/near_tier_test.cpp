// What a near tier answers by itself, and what it asks for.
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "near_fixture.hpp"

namespace larder {
namespace {

class Near : public NearTest {
 public:
  void SetUp() override { run(a.open(kBounded)); }
  std::string read(const Key& key = kKey) { return run(text(*a.near, key)); }
};

TEST_F(Near, answers_the_second_get_without_the_store) {
  run(put(*store, entry_of(kKey, "value")));
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(a.stage.gets, 1U);
  const NearTierStats stats = a.near->near_stats();
  EXPECT_EQ(stats.hits_near, 1U);
  EXPECT_EQ(stats.hits_remote, 1U);
  EXPECT_EQ(stats.fills, 1U);
}

TEST_F(Near, copies_no_miss) {
  EXPECT_EQ(read(), "(miss)");
  run(put(*store, entry_of(kKey, "value")));
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(a.near->near_stats().misses, 1U);
}

TEST_F(Near, copies_a_cached_absence_which_is_an_entry) {
  Entry entry = entry_of(kKey, "");
  entry.presence = Presence::absence;
  run(put(*store, entry));
  read();
  EXPECT_EQ(run(get(*a.near, kKey)).value()->entry->presence(), Presence::absence);
  EXPECT_EQ(a.stage.gets, 1U);
}

TEST_F(Near, keeps_version_and_remaining_life_of_the_store) {
  const Version version = run(put(*store, entry_of(kKey, "value", {.fresh = 60s, .stale = 30s})));
  clock.advance(20s);
  read();
  clock.advance(500ms);
  const auto found = run(get(*a.near, kKey)).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, version);
  EXPECT_EQ(found->life_left, 69'500ms);
  EXPECT_EQ(found->fresh_left(), 39'500ms);
}

TEST_F(Near, lets_a_copy_live_for_the_staleness_and_no_longer) {
  run(put(*store, entry_of(kKey, "old")));
  read();
  run(put(*store, entry_of(kKey, "new")));
  clock.advance(999ms);
  EXPECT_EQ(read(), "old");
  clock.advance(1ms);
  EXPECT_EQ(read(), "new");
}

TEST_F(Near, counts_the_staleness_from_the_question_not_from_the_answer) {
  run(put(*store, entry_of(kKey, "old")));
  a.stage.after_get = [this]() -> awaitable<void> {
    clock.advance(600ms);
    co_return;
  };
  EXPECT_EQ(read(), "old");
  clock.advance(400ms);
  run(put(*store, entry_of(kKey, "new")));
  EXPECT_EQ(read(), "new");
}

TEST_F(Near, never_lets_a_copy_outlive_the_entry) {
  run(put(*store, entry_of(kKey, "value", {.fresh = 300ms})));
  EXPECT_EQ(read(), "value");
  clock.advance(300ms);
  EXPECT_EQ(read(), "(miss)");
}

TEST_F(Near, asks_for_the_rest_of_a_batch_in_one_call) {
  run(put(*store, entry_of(kKey, "one")));
  run(put(*store, entry_of(kOther, "two")));
  read();
  const std::vector<Key> keys{kOther, kKey, Key::literal("test", "none"), kOther};
  const auto answers = run(a.near->get(keys, kNoDeadline));
  EXPECT_EQ(text_of(answers[0]), "two");
  EXPECT_EQ(text_of(answers[1]), "one");
  EXPECT_EQ(text_of(answers[2]), "(miss)");
  EXPECT_EQ(text_of(answers[3]), "two");
  EXPECT_EQ(a.stage.gets, 2U);
}

TEST_F(Near, sees_its_own_writes_at_once) {
  run(put(*a.near, entry_of(kKey, "one")));
  EXPECT_EQ(read(), "one");
  run(put(*a.near, entry_of(kKey, "two")));
  EXPECT_EQ(read(), "two");
  const std::vector<TouchItem> stale{{.key = kKey}};
  run(a.near->touch(stale, kNoDeadline));
  EXPECT_EQ(read(), "(miss)");
  run(put(*a.near, entry_of(kKey, "three")));
  EXPECT_EQ(read(), "three");
  run(a.near->erase(std::span(&kKey, 1), kNoDeadline));
  EXPECT_EQ(read(), "(miss)");
}

TEST_F(Near, conditions_hold_against_the_version_of_a_copy) {
  run(put(*store, entry_of(kKey, "one")));
  read();
  const Version version = run(get(*a.near, kKey)).value()->version;
  const std::vector<PutItem> items{
      {.entry = entry_of(kKey, "two"), .condition = IfVersion{version}}};
  EXPECT_TRUE(run(a.near->put(items, kNoDeadline)).front()->stored);
  EXPECT_FALSE(run(a.near->put(items, kNoDeadline)).front()->stored);
}

TEST_F(Near, needs_no_lease_where_a_copy_is_fresh_and_acceptable) {
  run(put(*store, entry_of(kKey, "one")));
  read();
  std::vector<LeaseRequest> requests{{.key = kKey}};
  const auto hit = run(a.near->read_or_lease(requests, kNoDeadline)).front();
  EXPECT_EQ(hit->state, LeaseState::not_needed);
  EXPECT_EQ(a.stage.lease_calls, 0U);
  requests[0].despite = hit->found->version;
  const auto lease = run(a.near->read_or_lease(requests, kNoDeadline)).front();
  EXPECT_EQ(lease->state, LeaseState::granted);
  const std::vector<Fill> fills{{.entry = entry_of(kKey, "two"), .token = lease->token}};
  EXPECT_EQ(run(a.near->fill(fills, kNoDeadline)).front(), FillOutcome::stored);
  EXPECT_EQ(read(), "two");
}

TEST_F(Near, never_goes_back_behind_what_a_lease_has_shown) {
  run(put(*store, entry_of(kKey, "old")));
  read();
  const Version seen = run(get(*a.near, kKey)).value()->version;
  run(put(*store, entry_of(kKey, "new")));
  const std::vector<LeaseRequest> requests{{.key = kKey, .despite = seen}};
  EXPECT_EQ(run(a.near->read_or_lease(requests, kNoDeadline)).front()->found->entry->value(),
            "new");
  EXPECT_EQ(read(), "new");
}

TEST_F(Near, answers_from_copies_while_the_store_is_down) {
  run(put(*store, entry_of(kKey, "value")));
  read();
  a.stage.reads_fail = Error(Errc::unavailable, "down");
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(read(kOther), "unavailable");
  clock.advance(1s);
  EXPECT_EQ(read(), "unavailable");
}

TEST_F(Near, fetches_a_key_once_for_all_who_ask_at_the_same_time) {
  run(put(*store, entry_of(kKey, "value")));
  run([](Near& test) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::vector<testkit::Started<std::string>> others;
    test.a.stage.before_get = [&]() -> awaitable<void> {
      for (int i = 0; i < 50; ++i) {
        others.push_back(start(executor, text(*test.a.near, kKey)));
      }
      // They began last, so they wait for this fetch when a turn has passed.
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    };
    EXPECT_EQ(co_await text(*test.a.near, kKey), "value");
    for (auto& other : others) {
      EXPECT_EQ(co_await other.answer(), "value");
    }
  }(*this));
  EXPECT_EQ(a.stage.gets, 1U);
  EXPECT_EQ(a.near->near_stats().coalesced + a.near->near_stats().hits_near, 50U);
  EXPECT_GT(a.near->near_stats().coalesced, 0U);
}

TEST_F(Near, waits_for_no_fetch_that_may_end_after_its_own_deadline) {
  run(put(*store, entry_of(kKey, "value")));
  a.stage.before_get = [this]() -> awaitable<void> {
    EXPECT_EQ(text_of(co_await get(*a.near, kKey, clock.in(10ms))), "value");
  };
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(a.stage.gets, 2U);
}

TEST_F(Near, asks_itself_where_the_fetch_it_waited_for_was_cancelled) {
  run(put(*store, entry_of(kKey, "value")));
  run([](Near& test) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::vector<testkit::Started<std::string>> others;
    test.a.stage.before_get = [&]() -> awaitable<void> {
      others.push_back(start(executor, text(*test.a.near, kKey)));
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      test.a.stage.reads_fail = Error(Errc::cancelled, "its caller left");
    };
    EXPECT_EQ(co_await text(*test.a.near, kKey), "cancelled");
    test.a.stage.reads_fail.reset();
    EXPECT_EQ(co_await others.front().answer(), "value");
  }(*this));
  EXPECT_EQ(a.stage.gets, 2U);
}

TEST_F(Near, lets_a_caller_go_who_waits_for_the_fetch_of_another) {
  run(put(*store, entry_of(kKey, "value")));
  run([](Near& test) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    test.a.stage.before_get = [&]() -> awaitable<void> {
      auto other = start(executor, text(*test.a.near, kKey));
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      other.cancel();
      EXPECT_EQ(co_await other.answer(), "cancelled");
    };
    EXPECT_EQ(co_await text(*test.a.near, kKey), "value");
  }(*this));
  EXPECT_EQ(a.stage.gets, 1U);
  EXPECT_EQ(a.near->near_stats().fills, 1U);
}

TEST_F(Near, copies_nothing_beyond_its_bound_of_fetches) {
  Node small(*store, clock, log);
  run(small.open({.staleness = 1s, .fetches_max = 1}));
  run(put(*store, entry_of(kKey, "one")));
  run(put(*store, entry_of(kOther, "two")));
  const std::vector<Key> keys{kKey, kOther};
  const auto answers = run(small.near->get(keys, kNoDeadline));
  EXPECT_EQ(text_of(answers[0]) + text_of(answers[1]), "onetwo");
  EXPECT_EQ(small.near->near_stats().fills, 1U);
  EXPECT_EQ(small.near->near_stats().fills_refused, 1U);
}

TEST_F(Near, leaves_no_copy_behind_when_it_is_closed) {
  run(put(*store, entry_of(kKey, "value")));
  EXPECT_EQ(read(), "value");
  EXPECT_EQ(a.copies(), 1U);
  run(a.near->close());
  EXPECT_EQ(a.copies(), 0U);
  EXPECT_EQ(read(), "closed");
}

TEST_F(Near, refuses_options_out_of_range) {
  for (const NearOptions& options : {NearOptions{.staleness = 0ms}, NearOptions{.staleness = 2h},
                                     NearOptions{.fetches_max = 0}, NearOptions{.epochs_max = 0}}) {
    const auto opened = run(NearTierBackend::open(*store, *a.local, clock, log, options));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace larder

// A fetch on its way while the key changes: in every order nothing outdated is copied.
#include "near_fixture.hpp"

namespace larder {
namespace {

class NearRaces : public NearTest {};

TEST_F(NearRaces, an_own_write_while_the_answer_is_on_its_way_kills_the_placeholder) {
  run(a.open(kBounded));
  run(put(*store, entry_of(kKey, "old")));
  a.stage.after_get = [this]() -> awaitable<void> { co_await put(*a.near, entry_of(kKey, "new")); };
  EXPECT_EQ(run(text(*a.near, kKey)), "old") << "both ran at once: either answer is right";
  EXPECT_EQ(a.copies(), 0U);
  EXPECT_EQ(a.near->near_stats().fills_killed, 1U);
  EXPECT_EQ(run(text(*a.near, kKey)), "new");
}

TEST_F(NearRaces, an_own_erase_while_the_answer_is_on_its_way_kills_the_placeholder) {
  run(a.open(kBounded));
  run(put(*store, entry_of(kKey, "old")));
  a.stage.after_get = [this]() -> awaitable<void> {
    co_await a.near->erase(std::span(&kKey, 1), kNoDeadline);
  };
  run(text(*a.near, kKey));
  EXPECT_EQ(run(text(*a.near, kKey)), "(miss)");
}

TEST_F(NearRaces, nothing_is_copied_between_begin_and_end_of_an_own_write) {
  run(a.open(kBounded));
  run(put(*store, entry_of(kKey, "old")));
  a.stage.before_write = [this]() -> awaitable<void> {
    EXPECT_EQ(co_await text(*a.near, kKey), "old");
    EXPECT_EQ(a.copies(), 0U);
  };
  a.stage.after_write = [this]() -> awaitable<void> {
    EXPECT_EQ(co_await text(*a.near, kKey), "new");
    EXPECT_EQ(a.copies(), 0U);
  };
  run(put(*a.near, entry_of(kKey, "new")));
  EXPECT_EQ(run(text(*a.near, kKey)), "new");
  EXPECT_EQ(a.copies(), 1U);
}

TEST_F(NearRaces, a_fetch_that_began_before_an_own_write_and_lands_within_it_is_not_copied) {
  run(a.open(kBounded));
  run(put(*store, entry_of(kKey, "old")));
  run([](NearTest& test) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    bool writing = false;
    bool landed = false;
    test.a.stage.after_get = [&writing]() -> awaitable<void> {
      co_await until([&writing] { return writing; });
    };
    auto fetch = start(executor, text(*test.a.near, kKey));
    co_await until([&test] { return test.a.stage.gets == 1; });
    test.a.stage.after_write = [&]() -> awaitable<void> {
      writing = true;
      EXPECT_EQ(co_await fetch.answer(), "old");
      EXPECT_EQ(test.a.copies(), 0U);
      landed = true;
    };
    co_await put(*test.a.near, entry_of(kKey, "new"));
    EXPECT_TRUE(landed);
    EXPECT_EQ(co_await text(*test.a.near, kKey), "new");
  }(*this));
}

TEST_F(NearRaces, an_own_write_with_unknown_outcome_leaves_no_copy) {
  run(a.open(kBounded));
  run(put(*store, entry_of(kKey, "old")));
  run(text(*a.near, kKey));
  a.stage.writes_fail = Error(Errc::timeout, Advice::unknown_outcome, "late");
  const std::vector<PutItem> items{{.entry = entry_of(kKey, "new")}};
  EXPECT_FALSE(run(a.near->put(items, kNoDeadline)).front());
  EXPECT_EQ(a.copies(), 0U);
}

TEST_F(NearRaces, a_write_that_finds_the_table_full_stops_all_copying_until_it_ends) {
  run(a.open({.staleness = 1s, .fetches_max = 1}));
  run(put(*store, entry_of(kKey, "one")));
  run(put(*store, entry_of(kOther, "two")));
  const Key third = Key::literal("test", "third");
  a.stage.after_get = [this, &third]() -> awaitable<void> {
    a.stage.before_write = [this]() -> awaitable<void> {
      EXPECT_EQ(co_await text(*a.near, kOther), "two");
    };
    co_await put(*a.near, entry_of(third, "three"));
  };
  EXPECT_EQ(run(text(*a.near, kKey)), "one");
  EXPECT_EQ(a.copies(), 0U);
  EXPECT_EQ(run(text(*a.near, kKey)), "one");
  EXPECT_EQ(a.copies(), 1U);
}

TEST_F(NearRaces, a_change_told_before_the_answer_lands_kills_the_placeholder) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "old"));
    test.a.stage.after_get = [&test]() -> awaitable<void> {
      const auto drops = test.a.near->near_stats().drops;
      co_await put(*test.store, entry_of(kKey, "new"));
      co_await until([&] { return test.a.near->near_stats().drops > drops; });
    };
    EXPECT_EQ(co_await text(*test.a.near, kKey), "old");
    EXPECT_EQ(test.a.near->near_stats().fills_killed, 1U);
    EXPECT_EQ(co_await text(*test.a.near, kKey), "new");
  });
}

TEST_F(NearRaces, a_change_told_after_the_answer_landed_drops_the_copy) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "old"));
    EXPECT_EQ(co_await text(*test.a.near, kKey), "old");
    EXPECT_EQ(test.a.copies(), 1U);
    co_await put(*test.store, entry_of(kKey, "new"));
    co_await until([&] { return test.a.copies() == 0; });
    EXPECT_EQ(co_await text(*test.a.near, kKey), "new");
  });
}

TEST_F(NearRaces, a_watch_lost_while_the_answer_is_on_its_way_kills_the_placeholder) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "old"));
    test.a.stage.after_get = [&test]() -> awaitable<void> {
      test.a.stage.watch_play = WatchPlay::overflows;
      co_await put(*test.store, entry_of(kOther, "wakes the watch"));
      co_await until([&] { return test.a.near->near_stats().watch_losses == 1; });
    };
    EXPECT_EQ(co_await text(*test.a.near, kKey), "old");
    EXPECT_EQ(test.a.copies(), 0U);
  });
}

}  // namespace
}  // namespace larder

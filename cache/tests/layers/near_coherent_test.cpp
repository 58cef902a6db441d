// Coherent mode: two nodes over one store, and a watch that is lost, frozen or silent.
#include <gmock/gmock.h>

#include "near_fixture.hpp"

namespace larder {
namespace {

class Coherent : public NearTest {};

TEST_F(Coherent, is_refused_over_a_store_without_watch) {
  run(a.open(kBounded));
  const auto opened = run(NearTierBackend::open(*a.near, *b.local, clock, log, kCoherent));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::unsupported);
  EXPECT_EQ(opened.error().context(),
            "near tier: the memory store tells no changes (watch), so copies cannot be coherent; "
            "use bounded");
}

TEST_F(Coherent, drops_a_copy_when_another_node_writes) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.a.near, entry_of(kKey, "one"));
    EXPECT_EQ(co_await text(*test.a.near, kKey), "one");
    EXPECT_EQ(co_await text(*test.b.near, kKey), "one");
    co_await put(*test.b.near, entry_of(kKey, "two"));
    EXPECT_EQ(co_await text(*test.b.near, kKey), "two");
    co_await until([&] { return test.a.copies() == 0; });
    EXPECT_EQ(co_await text(*test.a.near, kKey), "two");
    co_await test.a.near->erase(std::span(&kKey, 1), kNoDeadline);
    co_await until([&] { return test.b.copies() == 0; });
    EXPECT_EQ(co_await text(*test.b.near, kKey), "(miss)");
  });
}

TEST_F(Coherent, copies_nothing_while_there_is_no_watch) {
  run([](NearTest& test) -> awaitable<void> {
    test.a.stage.watch_fails = Error(Errc::unavailable, "down");
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await test.a.open(kCoherent);
    co_await until([&] { return test.clock.sleepers() > 0; });
    EXPECT_EQ(co_await text(*test.a.near, kKey), "value");
    EXPECT_EQ(test.a.copies(), 0U);
    EXPECT_FALSE(test.a.near->near_stats().live);
    test.a.stage.watch_fails.reset();
    test.clock.advance(5s);
    co_await until([&] { return test.a.near->near_stats().live; });
    EXPECT_EQ(co_await text(*test.a.near, kKey), "value");
    EXPECT_EQ(test.a.copies(), 1U);
    co_await test.a.near->close();
    EXPECT_EQ(test.clock.sleepers(), 0U);
  }(*this));
}

TEST_F(Coherent, drops_all_when_the_watch_breaks_and_copies_again_when_it_is_back) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await text(*test.a.near, kKey);
    test.a.stage.watch_play = WatchPlay::breaks;
    co_await put(*test.store, entry_of(kOther, "wakes the watch"));
    co_await until([&] { return !test.a.near->near_stats().live; });
    EXPECT_EQ(test.a.copies(), 0U);
    EXPECT_EQ(test.a.near->near_stats().watch_losses, 1U);
    co_await text(*test.a.near, kKey);
    EXPECT_EQ(test.a.copies(), 0U);
    test.a.stage.watch_play = WatchPlay::tells;
    test.clock.advance(100ms);
    co_await until([&] { return test.a.near->near_stats().live; });
    co_await text(*test.a.near, kKey);
    EXPECT_EQ(test.a.copies(), 1U);
  });
  EXPECT_THAT(log.lines,
              testing::Contains(testing::HasSubstr("the watch is lost; copies are dropped")));
}

TEST_F(Coherent, drops_all_when_the_store_says_that_changes_were_lost) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await text(*test.a.near, kKey);
    test.a.stage.watch_play = WatchPlay::overflows;
    co_await put(*test.store, entry_of(kOther, "wakes the watch"));
    co_await until([&] { return test.a.copies() == 0; });
    EXPECT_TRUE(test.a.near->near_stats().live) << "the stream goes on";
  });
}

TEST_F(Coherent, drops_all_when_the_watch_is_silent_and_the_store_does_not_answer) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await text(*test.a.near, kKey);
    test.a.stage.ping_fails = Error(Errc::timeout, "no answer");
    test.clock.advance(kCoherent.staleness / 2);
    co_await until([&] { return !test.a.near->near_stats().live; });
    EXPECT_EQ(test.a.copies(), 0U);
  });
}

TEST_F(Coherent, keeps_copies_while_the_watch_is_silent_and_the_store_answers) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await text(*test.a.near, kKey);
    const auto sleepers = test.clock.sleepers();
    test.clock.advance(kCoherent.staleness / 2);
    co_await until([&] { return test.clock.sleepers() == sleepers; });
    EXPECT_TRUE(test.a.near->near_stats().live);
    EXPECT_EQ(test.a.copies(), 1U);
  });
}

TEST_F(Coherent, keeps_the_bound_even_under_a_watch_that_lies) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "old"));
    co_await text(*test.a.near, kKey);
    test.a.stage.watch_play = WatchPlay::is_frozen;
    co_await put(*test.store, entry_of(kKey, "new"));
    test.clock.advance(kCoherent.staleness - 1ms);
    EXPECT_EQ(co_await text(*test.a.near, kKey), "old");
    test.clock.advance(1ms);
    EXPECT_EQ(co_await text(*test.a.near, kKey), "new");
  });
}

TEST_F(Coherent, answers_closed_after_close_also_for_what_it_had_a_copy_of) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await put(*test.store, entry_of(kKey, "value"));
    co_await text(*test.a.near, kKey);
    co_await test.a.near->close();
    EXPECT_EQ(co_await text(*test.a.near, kKey), "closed");
  });
}

TEST_F(Coherent, is_closed_while_it_waits_to_open_its_watch_again) {
  run([](NearTest& test) -> awaitable<void> {
    test.a.stage.watch_fails = Error(Errc::unavailable, "down");
    co_await test.a.open(kCoherent);
    co_await until([&] { return test.clock.sleepers() > 0; });
    co_await test.a.near->close();
    EXPECT_EQ(test.clock.sleepers(), 0U);
  }(*this));
}

}  // namespace
}  // namespace larder

// Copies of tag epochs.
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "near_fixture.hpp"

namespace larder {
namespace {

class NearEpochs : public NearTest {
 public:
  static awaitable<Epoch> epoch(CacheBackend& store, const Tag& tag = kTag) {
    co_return (co_await store.epochs(std::span(&tag, 1), kNoDeadline)).front().value();
  }
  static awaitable<Epoch> bump(CacheBackend& store, const Tag& tag = kTag) {
    co_return (co_await store.bump(std::span(&tag, 1), kNoDeadline)).front().value();
  }
  static awaitable<void> turn() {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  // Until node a keeps epochs, which is when it hears of bumps.
  static awaitable<void> until_kept(NearTest& test) {
    for (std::size_t calls = 0; calls != test.a.stage.epoch_calls;) {
      co_await turn();
      co_await epoch(*test.a.near);
      calls = test.a.stage.epoch_calls;
      co_await epoch(*test.a.near);
    }
  }
  static awaitable<void> until_seen(NearTest& test, Epoch wanted) {
    while (co_await epoch(*test.a.near) != wanted) {
      co_await turn();
    }
  }
};

TEST_F(NearEpochs, asks_once_within_the_staleness) {
  run(a.open(kBounded));
  const Epoch first = run(epoch(*a.near));
  EXPECT_EQ(run(epoch(*a.near)), first);
  EXPECT_EQ(a.stage.epoch_calls, 1U);
  const Epoch second = run(bump(*store));
  clock.advance(999ms);
  EXPECT_EQ(run(epoch(*a.near)), first);
  clock.advance(1ms);
  EXPECT_EQ(run(epoch(*a.near)), second);
}

TEST_F(NearEpochs, sees_its_own_bump_at_once) {
  run(a.open(kBounded));
  run(epoch(*a.near));
  const Epoch bumped = run(bump(*a.near));
  EXPECT_EQ(run(epoch(*a.near)), bumped);
}

TEST_F(NearEpochs, keeps_no_answer_that_an_own_bump_overtook) {
  run(a.open(kBounded));
  a.stage.after_epochs = [this]() -> awaitable<void> { co_await bump(*a.near); };
  run(epoch(*a.near));
  EXPECT_EQ(run(epoch(*a.near)), run(epoch(*store)));
}

TEST_F(NearEpochs, keeps_no_answer_while_an_own_bump_is_on_its_way) {
  run(a.open(kBounded));
  a.stage.before_write = [this]() -> awaitable<void> { co_await epoch(*a.near); };
  const Epoch bumped = run(bump(*a.near));
  EXPECT_EQ(run(epoch(*a.near)), bumped);
}

TEST_F(NearEpochs, asks_for_those_it_has_not_in_one_call) {
  run(a.open(kBounded));
  const Tag other = Key::literal("tag", "two");
  run(epoch(*a.near));
  const std::vector<Tag> tags{other, kTag, other};
  const auto epochs = run(a.near->epochs(tags, kNoDeadline));
  EXPECT_EQ(*epochs[0], *epochs[2]);
  EXPECT_EQ(*epochs[1], run(epoch(*store)));
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(NearEpochs, keeps_no_more_than_its_bound) {
  run(a.open({.staleness = 1s, .epochs_max = 2}));
  for (const char* id : {"a", "b", "c"}) {
    run(epoch(*a.near, Key::literal("tag", id)));
  }
  for (const char* id : {"a", "b", "c"}) {
    run(epoch(*a.near, Key::literal("tag", id)));
  }
  EXPECT_GT(a.stage.epoch_calls, 3U);
}

TEST_F(NearEpochs, hears_of_a_bump_on_another_node) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    // The channel is heard once an epoch is kept.
    co_await until_kept(test);
    const Epoch bumped = co_await bump(*test.b.near);
    co_await until_seen(test, bumped);
    EXPECT_EQ(co_await epoch(*test.a.near), bumped) << "and no time has passed";
  });
}

TEST_F(NearEpochs, takes_a_message_it_cannot_read_for_any_tag) {
  play_coherent([](NearTest& test) -> awaitable<void> {
    co_await until_kept(test);
    const Epoch bumped = co_await bump(*test.store);
    const Key channel = Key::literal("larder.near", "bumps");
    for (const std::string& payload :
         {std::string("\0", 1), std::string(), std::string(20000, 'x')}) {
      co_await test.store->publish(channel, Bytes(payload), kNoDeadline);
    }
    co_await until_seen(test, bumped);
    EXPECT_EQ(co_await epoch(*test.a.near), bumped);
  });
}

}  // namespace
}  // namespace larder

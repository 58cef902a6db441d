// Copies of tag epochs.
#include <algorithm>
#include <atomic>

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

// Starts a second question while the first is on its way, and lets it run until it waits.
class JointEpochs : public NearEpochs {
 public:
  using Answer = Result<Epoch>;
  static awaitable<Answer> ask(NearTest& test, Deadline deadline = kNoDeadline) {
    co_return (co_await test.a.near->epochs(std::span(&kTag, 1), deadline)).front();
  }
  // The answers of the first and of the second, who asks when the store is about to answer.
  static awaitable<std::pair<Answer, Answer>> ask_both(NearTest& test, Stage::Scene then) {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::optional<testkit::Started<Answer>> second;
    test.a.stage.before_epochs = [&]() -> awaitable<void> {
      second.emplace(executor, ask(test));
      co_await turn();
      co_await turn();
      co_await then();
    };
    Answer first = co_await ask(test);
    test.a.stage.reads_fail.reset();
    co_return std::pair(std::move(first), co_await second->answer());
  }
  static awaitable<void> nothing() { co_return; }
};

TEST_F(JointEpochs, are_asked_for_once_by_all_who_ask_at_the_same_time) {
  run(a.open(kBounded));
  const auto [first, second] = run(ask_both(*this, nothing));
  EXPECT_EQ(first.value(), second.value());
  EXPECT_EQ(a.stage.epoch_calls, 1U);
}

TEST_F(JointEpochs, are_never_those_from_before_an_own_bump) {
  run(a.open(kBounded));
  a.stage.after_epochs = [this]() -> awaitable<void> {
    const Epoch bumped = co_await bump(*a.near);
    EXPECT_EQ(co_await epoch(*a.near), bumped) << "asked after the bump, while a question runs";
  };
  run(epoch(*a.near));
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(JointEpochs, are_not_waited_for_beyond_the_own_deadline) {
  run(a.open(kBounded));
  a.stage.before_epochs = [this]() -> awaitable<void> {
    EXPECT_TRUE(co_await ask(*this, clock.in(10ms)));
  };
  EXPECT_TRUE(run(ask(*this)));
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(JointEpochs, are_asked_for_again_where_the_first_who_asked_left) {
  run(a.open(kBounded));
  const auto [first, second] = run(ask_both(*this, [this]() -> awaitable<void> {
    a.stage.reads_fail = Error(Errc::cancelled, "its caller left");
    co_return;
  }));
  EXPECT_EQ(first.error().code(), Errc::cancelled);
  EXPECT_TRUE(second);
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(JointEpochs, are_asked_for_again_where_they_came_too_late) {
  run(a.open(kBounded));
  const auto [first, second] = run(ask_both(*this, [this]() -> awaitable<void> {
    clock.advance(1001ms);
    co_return;
  }));
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(JointEpochs, are_asked_for_again_where_the_first_who_asked_was_destroyed) {
  run(a.open(kBounded));
  run([](JointEpochs& test) -> awaitable<void> {
    test.a.stage.before_epochs = [&test]() -> awaitable<void> {
      co_await test.clock.sleep_until(test.clock.in(1h));
    };
    const auto destroyed = start(co_await boost::asio::this_coro::executor, ask(test));
    co_await turn();
    co_await turn();
  }(*this));
  EXPECT_TRUE(run(ask(*this)));
  EXPECT_EQ(a.stage.epoch_calls, 2U);
}

TEST_F(JointEpochs, are_not_waited_for_by_a_caller_who_left) {
  run(a.open(kBounded));
  run([](JointEpochs& test) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    test.a.stage.before_epochs = [&]() -> awaitable<void> {
      auto other = start(executor, ask(test));
      co_await turn();
      co_await turn();
      other.cancel();
      const auto answer = co_await other.answer();
      EXPECT_EQ(answer.error().code(), Errc::cancelled);
    };
    EXPECT_TRUE(co_await ask(test));
  }(*this));
  EXPECT_EQ(a.stage.epoch_calls, 1U);
}

// A store whose answers take long to arrive: a bump may begin and end meanwhile.
class SlowToAnswer final : public Layer {
 public:
  using Layer::Layer;
  std::atomic<std::size_t> epoch_calls = 0;

  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    ++epoch_calls;
    auto answers = co_await inner().epochs(tags, deadline);
    for (int turns = 0; turns < 20; ++turns) {
      co_await NearEpochs::turn();
    }
    co_return answers;
  }
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    co_await NearEpochs::turn();
    auto answers = co_await inner().bump(tags, deadline);
    co_await NearEpochs::turn();
    co_return answers;
  }
};

TEST_F(JointEpochs, are_never_those_from_before_an_own_bump_on_any_thread) {
  constexpr std::size_t kReaders = 14;
  constexpr std::size_t kCalls = 200;
  struct Read {
    std::size_t bumps_before;
    Epoch epoch;
  };
  SlowToAnswer distant(*store);
  const auto near = run(NearTierBackend::open(distant, *a.local, clock, log, kBounded)).value();
  std::vector<Epoch> epochs{run(epoch(*store))};  // in the order of the bumps
  std::atomic<std::size_t> bumps{0};
  std::vector<std::vector<Read>> reads(kReaders);
  std::vector<awaitable<void>> works;
  works.push_back([](CacheBackend& node, auto& made, auto& completed) -> awaitable<void> {
    for (std::size_t i = 0; i < kCalls; ++i) {
      made.push_back(co_await bump(node));
      ++completed;
    }
  }(*near, epochs, bumps));
  for (std::vector<Read>& seen : reads) {
    works.push_back([](CacheBackend& node, auto& mine, auto& completed) -> awaitable<void> {
      for (std::size_t i = 0; i < kCalls; ++i) {
        const std::size_t before = completed;
        mine.push_back(Read{.bumps_before = before, .epoch = co_await epoch(node)});
      }
    }(*near, seen, bumps));
  }
  testkit::run_works(std::move(works), 4);
  for (const std::vector<Read>& seen : reads) {
    for (const Read& read : seen) {
      EXPECT_NE(std::find(epochs.begin() + static_cast<std::ptrdiff_t>(read.bumps_before),
                          epochs.end(), read.epoch),
                epochs.end());
    }
  }
  EXPECT_LT(distant.epoch_calls, kReaders * kCalls);
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

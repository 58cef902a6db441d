// The bound as a property: over random schedules of writes, reads, delays and broken
// watches, no answer is older than the staleness.
#include <random>
#include <string>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "near_fixture.hpp"

namespace larder {
namespace {

class Schedule {
 public:
  explicit Schedule(unsigned seed) : random(seed) {}

  static constexpr milliseconds kStaleness{100};

  FakeClock clock;
  CountingLog log;
  std::unique_ptr<CacheBackend> store = memory_store(clock);
  Node a{*store, clock, log};
  // Writes of another node: the i-th value is i, with the time at which it came.
  std::vector<SteadyTime> written;
  std::mt19937 random;

  int draw(int most) { return std::uniform_int_distribution<int>(0, most)(random); }

  awaitable<void> write() {
    const std::string value = std::to_string(written.size());
    written.push_back(clock.now());
    co_await put(*store, entry_of(kKey, value));
  }

  // The value was current at some moment since `staleness` before the call began.
  awaitable<void> read() {
    const SteadyTime began = clock.now();
    if (draw(3) == 0) {
      a.stage.after_get = [this]() -> awaitable<void> {
        clock.advance(milliseconds(draw(150)));
        co_await write();
      };
    }
    const std::string value = co_await text(*a.near, kKey);
    a.stage.after_get = nullptr;
    const std::size_t next = std::stoul(value) + 1;
    if (next < written.size()) {
      EXPECT_GT(written[next] + kStaleness, began) << "value " << value << " was replaced before";
    }
  }

  awaitable<void> disturb() {
    a.stage.watch_play = static_cast<WatchPlay>(draw(3));
    a.stage.ping_fails.reset();
    if (draw(2) == 0) {
      a.stage.ping_fails = Error(Errc::timeout, "silent");
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int turn = draw(8); turn > 0; --turn) {
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
  }

  awaitable<void> live(NearMode mode) {
    co_await write();
    co_await a.open({.mode = mode, .staleness = kStaleness});
    for (int step = 0; step < 150; ++step) {
      clock.advance(milliseconds(draw(40)));
      switch (draw(4)) {
        case 0:
          co_await write();
          break;
        case 1:
          co_await disturb();
          break;
        default:
          co_await read();
      }
    }
    EXPECT_GT(a.near->near_stats().hits_near + a.near->near_stats().hits_remote, 0U);
    co_await a.near->close();
    EXPECT_EQ(clock.sleepers(), 0U);
  }
};

class NearStaleness : public testing::TestWithParam<NearMode> {};

TEST_P(NearStaleness, no_answer_is_older_than_the_bound) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Schedule schedule(seed);
    run(schedule.live(GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, NearStaleness,
                         testing::Values(NearMode::bounded, NearMode::coherent));

}  // namespace
}  // namespace larder

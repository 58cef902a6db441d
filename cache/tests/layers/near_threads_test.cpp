// One near tier under many threads.
#include <atomic>
#include <random>
#include <string>

#include "near_fixture.hpp"

namespace larder {
namespace {

constexpr int kCallers = 8;
constexpr std::size_t kThreads = 4;
constexpr int kRounds = 200;

class NearThreads : public NearTest {
 public:
  MapLocalStore local{clock};
  std::unique_ptr<NearTierBackend> near;
  std::atomic<bool> open{false};
  std::atomic<int> ended{0};

  static Key key_of(int caller) { return Key::literal("test", "of-" + std::to_string(caller)); }

  // Alone in writing its key, a caller reads what it wrote last, while all read all keys.
  awaitable<void> call(int caller) {
    co_await until([this] { return open.load(); });
    std::minstd_rand random(static_cast<unsigned>(caller + 1));
    const Key own = key_of(caller);
    for (int round = 0; round < kRounds; ++round) {
      const std::string value = std::to_string(round);
      co_await put(*near, entry_of(own, value));
      EXPECT_EQ(co_await text(*near, own), value);
      co_await text(*near, key_of(static_cast<int>(random() % kCallers)));
      if (round % 7 == 0) {
        co_await near->erase(std::span(&own, 1), kNoDeadline);
        EXPECT_EQ(co_await text(*near, own), "(miss)");
      }
      co_await near->bump(std::span(&kTag, 1), kNoDeadline);
      co_await near->epochs(std::span(&kTag, 1), kNoDeadline);
    }
    ++ended;
  }

  // What reads the watch lives here.
  awaitable<void> host() {
    // Not through a stage, which knows one thread only.
    near = (co_await NearTierBackend::open(*store, local, clock, log, kCoherent)).value();
    co_await until([this] { return near->near_stats().live; });
    open = true;
    co_await until([this] { return ended == kCallers; });
    co_await near->close();
  }
};

TEST_F(NearThreads, every_caller_reads_its_own_writes) {
  std::vector<awaitable<void>> works;
  works.push_back(host());
  for (int caller = 0; caller < kCallers; ++caller) {
    works.push_back(call(caller));
  }
  testkit::run_works(std::move(works), kThreads);
  EXPECT_EQ(ended, kCallers);
  EXPECT_EQ(clock.sleepers(), 0U);
  EXPECT_GT(near->near_stats().hits_near, 0U);
}

}  // namespace
}  // namespace larder

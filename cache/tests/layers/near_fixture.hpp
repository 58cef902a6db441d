// Near tiers over one memory store that the test directs.
#pragma once

#include <larder/cache/near_tier.hpp>

#include "stage.hpp"

namespace larder {

// One process with a near tier; all nodes of a test share its store.
class Node {
 public:
  Node(CacheBackend& store, FakeClock& clock, LogSink& log)
      : stage(store), local(memory_store(clock)), clock_(clock), log_(log) {}
  ~Node() { run(local->close()); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Stage stage;
  std::unique_ptr<MemoryCacheBackend> local;
  std::unique_ptr<NearTierBackend> near;

  [[nodiscard]] std::size_t copies() const { return local->stats().entries.value_or(0); }

  awaitable<void> open(NearOptions options) {
    auto opened = co_await NearTierBackend::open(stage, *local, clock_, log_, options);
    EXPECT_TRUE(opened);
    near = std::move(opened).value();
  }
  // Open, and the store tells it changes and bumps.
  awaitable<void> open_live(NearOptions options) {
    co_await open(options);
    const std::function<bool()> listens = [this] { return near->near_stats().live; };
    co_await yield_until(listens);
  }

 private:
  FakeClock& clock_;
  LogSink& log_;
};

class NearTest : public testing::Test {
 public:
  static constexpr NearOptions kBounded{.mode = NearMode::bounded, .staleness = 1s};
  static constexpr NearOptions kCoherent{.mode = NearMode::coherent, .staleness = 10s};

  FakeClock clock;
  CountingLog log;
  std::unique_ptr<CacheBackend> store = memory_store(clock);
  // Both stand on it; closing one closes the store for both.
  Node a{*store, clock, log};
  Node b{*store, clock, log};

  using Play = awaitable<void> (*)(NearTest& test);
  // One run with both nodes live in coherent mode: what reads their watches lives in it.
  void play_coherent(Play play) {
    run([](NearTest& test, Play inner) -> awaitable<void> {
      co_await test.a.open_live(kCoherent);
      co_await test.b.open_live(kCoherent);
      co_await inner(test);
      co_await test.a.near->close();
      co_await test.b.near->close();
      EXPECT_EQ(test.clock.sleepers(), 0U);
    }(*this, play));
  }
  // Lets what reads the watches of both nodes run until this is so.
  [[nodiscard]] static awaitable<void> until(std::function<bool()> done) {
    co_await yield_until(done);
  }
};

}  // namespace larder

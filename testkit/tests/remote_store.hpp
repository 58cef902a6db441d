// A store in another process as the suite wants it. Tests of this program share the process;
// each begins with an empty store in it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <larder/testkit/conformance.hpp>
#include <larder/testkit/remote_backend.hpp>
#include <larder/testkit/store_process.hpp>

namespace larder::testkit {

// Both clocks stand still until they are moved together.
class RemoteStore final : public StoreUnderTest,
                          public BreakableStore,
                          public FreezableStore,
                          public RestartableStore,
                          public FillableStore,
                          public SkewableStore {
 public:
  RemoteStore() { process().make_fresh(); }

  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override { return open_with(clock_); }
  Clock& clock() override { return clock_; }
  awaitable<void> advance(milliseconds span) override {
    process().advance(span);
    clock_.advance(span);
    co_return;
  }
  std::size_t sleepers() const override { return clock_.sleepers(); }

  awaitable<void> break_store() override {
    process().kill();
    co_return;
  }
  awaitable<void> heal_store() override {
    process().restart();
    co_return;
  }
  awaitable<void> freeze_store() override {
    process().freeze();
    co_return;
  }
  awaitable<void> thaw_store() override {
    process().thaw();
    co_return;
  }
  awaitable<void> restart_store_empty() override { return heal_store(); }
  awaitable<void> fill_store() override;

  awaitable<Result<std::unique_ptr<CacheBackend>>> open_skewed(milliseconds skew) override {
    skewed_ = std::make_unique<FakeClock>();
    skewed_->advance(skew);
    return open_with(*skewed_);
  }
  Clock& skewed_clock() override { return *skewed_; }

  // 8 MiB, so that it can be filled in no time.
  static StoreProcess& process() {
    static StoreProcess one(LARDER_STORE_SERVER, {std::to_string(kBytes), "fake"});
    return one;
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{8} << 20;

  static awaitable<Result<std::unique_ptr<CacheBackend>>> open_with(Clock& clock) {
    co_return co_await RemoteBackend::open(clock, process().port(),
                                           clock.in(std::chrono::seconds(30)));
  }

  FakeClock clock_;
  std::unique_ptr<FakeClock> skewed_;
};

inline awaitable<void> RemoteStore::fill_store() {
  auto store = co_await open();
  if (!store) {
    co_return;
  }
  // Twice what fits.
  constexpr std::size_t kValue = std::size_t{64} << 10;
  constexpr Life kLife{.fresh = std::chrono::hours(1)};
  const std::string text(kValue, 'x');
  for (std::size_t i = 0; i < 2 * kBytes / kValue; ++i) {
    const PutItem item{.entry = {.key = Key::literal("filler", std::to_string(i)),
                                 .value = Bytes::copy_of(text),
                                 .life = kLife}};
    co_await (*store)->put(std::span(&item, 1), clock_.in(std::chrono::seconds(30)));
  }
  co_await (*store)->close();
}

}  // namespace larder::testkit

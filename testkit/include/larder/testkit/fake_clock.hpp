// FakeClock: time that stands still until a test moves it.
#pragma once

#include <memory>

#include <larder/clock.hpp>

namespace larder::testkit {

// Any thread. Coroutines asleep in sleep_until() wake on their own executors when advance()
// reaches their time; a cancelled sleeper answers false.
class FakeClock final : public Clock {
 public:
  FakeClock();
  ~FakeClock() override;

  SteadyTime now() const noexcept override;
  WallTime wall() const noexcept override;
  awaitable<bool> sleep_until(SteadyTime when) override;

  void advance(milliseconds span);

  // How many coroutines are asleep: lets a test wait for the state it is about to end.
  [[nodiscard]] std::size_t sleepers() const noexcept;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larder::testkit

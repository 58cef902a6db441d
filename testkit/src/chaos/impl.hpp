// What a ChaosBackend and its streams share.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <larder/testkit/chaos_backend.hpp>

#include "chaos/fate.hpp"

namespace larder::testkit {

class ChaosBackend::Impl {
 public:
  Impl(std::unique_ptr<CacheBackend> store, Clock& clock, ChaosOptions options);

  [[nodiscard]] CacheBackend& store() { return *store_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  void set_options(ChaosOptions options);
  void set_outage(bool outage) { outage_ = outage; }
  [[nodiscard]] Fate draw();
  [[nodiscard]] awaitable<void> close();

  // `call` is not begun unless it is let through.
  template <typename T>
  awaitable<Batch<T>> batch(std::size_t items, Deadline deadline, awaitable<Batch<T>> call) {
    const Fate fate = draw();
    if (const auto error = co_await suffer(fate, deadline)) {
      co_return fail_all<T>(items, *error);
    }
    auto answers = co_await std::move(call);
    if (fate.reply_is_lost) {
      co_return fail_all<T>(items, lost_reply());
    }
    co_return answers;
  }
  template <typename T>
  awaitable<Result<T>> one(Deadline deadline, awaitable<Result<T>> call) {
    const Fate fate = draw();
    if (const auto error = co_await suffer(fate, deadline)) {
      co_return std::unexpected(*error);
    }
    auto answer = co_await std::move(call);
    if (fate.reply_is_lost) {
      co_return std::unexpected(lost_reply());
    }
    co_return answer;
  }

 private:
  // One who waits, on its own thread. The timer never expires by itself.
  struct Sleeper {
    boost::asio::any_io_executor executor;
    boost::asio::steady_timer timer;
  };

  [[nodiscard]] static Error lost_reply();
  // What happens before the store sees the call: nothing, or the error it ends in.
  [[nodiscard]] awaitable<std::optional<Error>> suffer(Fate fate, Deadline deadline);
  // timeout at `when`, cancelled or closed if that comes first.
  [[nodiscard]] awaitable<Error> sleep(SteadyTime when);
  [[nodiscard]] awaitable<Result<void>> until_closed();
  void enlist(const std::shared_ptr<Sleeper>& sleeper);

  std::unique_ptr<CacheBackend> store_;
  Clock& clock_;
  std::uint64_t seed_;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<bool> outage_ = false;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const ChaosOptions> options_;
  bool closed_ = false;
  std::list<std::weak_ptr<Sleeper>> sleepers_;
};

}  // namespace larder::testkit

// Wakeup: lets one coroutine wait until some thread raises it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <larder/clock.hpp>
#include <larder/error.hpp>

namespace larder::memory {

class Wakeup : public std::enable_shared_from_this<Wakeup> {
 public:
  // Ends the wait, or the next one if none is under way. Any thread; runs no coroutine.
  void raise();

  // Until it is raised, the deadline comes, or the caller is cancelled. May also end for no
  // reason: look at what you wait for, and wait again. One coroutine at a time.
  [[nodiscard]] awaitable<void> wait(Clock& clock, Deadline deadline);

 private:
  class Wait;

  std::mutex mutex_;
  bool raised_ = false;
  boost::asio::steady_timer* waiting_ = nullptr;
};

// The common body of next(): `take` looks for something to answer and says nullopt while
// there is nothing. It must stay alive until this completes.
template <typename T, typename Take>
[[nodiscard]] awaitable<Result<T>> wait_for(Wakeup& wakeup, Clock& clock, Deadline deadline,
                                            const Take& take) {
  for (;;) {
    // Before looking, since a call whose deadline has passed takes nothing.
    if (clock.now() >= deadline) {
      co_return fail(Errc::timeout, "nothing came by the deadline");
    }
    if (std::optional<Result<T>> taken = take()) {
      co_return *std::move(taken);
    }
    // Not by a coroutine of its own: awaiting one throws after a cancellation.
    const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none) {
      co_return fail(Errc::cancelled, "the wait was cancelled");
    }
    co_await wakeup.wait(clock, deadline);
  }
}

}  // namespace larder::memory

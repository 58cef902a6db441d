// Signal: lets coroutines of one thread wait for each other.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/clock.hpp>

namespace larder::gateway {

// Has no memory: look at your condition, wait, look again. A timer that never fires is
// used because Asio 1.26's channels lose messages when they are cancelled.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor)
      : timer_(executor, SteadyTime::max()) {}

  void notify_all() { timer_.cancel(); }

  // True after a notification, false when the caller was cancelled.
  [[nodiscard]] awaitable<bool> wait() {
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() == boost::asio::cancellation_type::none;
  }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace larder::gateway

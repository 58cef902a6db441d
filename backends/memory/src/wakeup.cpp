#include "wakeup.hpp"

#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::memory {
namespace {

namespace asio = boost::asio;

// Raises a Wakeup at a time of the injected clock, unless it is destroyed before.
//
// The clock is slept on by a second coroutine. It has a strand of its own, and is cancelled
// there, since the caller's executor may run on many threads. Asio's `||` would tie the two
// together without that care.
class Alarm {
 public:
  Alarm(const asio::any_io_executor& executor, Clock& clock, SteadyTime when,
        std::shared_ptr<Wakeup> wakeup)
      : strand_(asio::make_strand(executor)),
        signal_(std::make_shared<asio::cancellation_signal>()) {
    if (when == SteadyTime::max()) {
      return;
    }
    asio::co_spawn(strand_, clock.sleep_until(when),
                   asio::bind_cancellation_slot(
                       signal_->slot(), [signal = signal_, wakeup = std::move(wakeup)](
                                            const std::exception_ptr& failure, bool reached) {
                         if (reached || failure != nullptr) {
                           wakeup->raise();
                         }
                       }));
  }
  ~Alarm() {
    asio::dispatch(strand_, [signal = std::move(signal_)] {
      signal->emit(asio::cancellation_type::terminal);
    });
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  asio::strand<asio::any_io_executor> strand_;
  std::shared_ptr<asio::cancellation_signal> signal_;
};

}  // namespace

// The waiting coroutine sleeps on an Asio timer of its executor, so it dies with its
// io_context. The timer never expires: raise() cancels it. All its uses are under the mutex.
class Wakeup::Wait {
 public:
  Wait(const asio::any_io_executor& executor, Wakeup& wakeup)
      : wakeup_(wakeup), timer_(executor, SteadyTime::max()) {}
  ~Wait() {
    const std::lock_guard lock(wakeup_.mutex_);
    wakeup_.waiting_ = nullptr;
    wakeup_.raised_ = false;
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  template <typename Token>
  auto async_wait(Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code)>(
        [this](auto handler) {
          const std::lock_guard lock(wakeup_.mutex_);
          if (wakeup_.raised_) {
            timer_.expires_at(SteadyTime::min());
          }
          wakeup_.waiting_ = &timer_;
          timer_.async_wait(std::move(handler));
        },
        token);
  }

 private:
  Wakeup& wakeup_;
  asio::steady_timer timer_;
};

void Wakeup::raise() {
  const std::lock_guard lock(mutex_);
  raised_ = true;
  if (waiting_ != nullptr) {
    waiting_->cancel();
  }
}

awaitable<void> Wakeup::wait(Clock& clock, Deadline deadline) {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  const Alarm alarm(executor, clock, deadline, self);
  Wait wait(executor, *this);
  co_await wait.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace larder::memory

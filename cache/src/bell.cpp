#include "bell.hpp"

#include <list>
#include <mutex>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder {

namespace asio = boost::asio;

class Bell::State {
 public:
  // Stands in the list while its coroutine waits, however that ends.
  class Waiter {
   public:
    Waiter(State& bell, const asio::any_io_executor& executor)
        : bell_(bell), timer_(executor, SteadyTime::max()) {
      const std::lock_guard lock(bell_.mutex_);
      if (bell_.rung_) {
        timer_.expires_at(SteadyTime::min());
      }
      place_ = bell_.waiting_.insert(bell_.waiting_.end(), &timer_);
    }
    ~Waiter() {
      const std::lock_guard lock(bell_.mutex_);
      bell_.waiting_.erase(place_);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    template <typename Token>
    auto async_wait(Token&& token) {
      return asio::async_initiate<Token, void(boost::system::error_code)>(
          [this](auto handler) {
            const std::lock_guard lock(bell_.mutex_);
            timer_.async_wait(std::move(handler));
          },
          token);
    }

   private:
    State& bell_;
    asio::steady_timer timer_;
    std::list<asio::steady_timer*>::iterator place_;
  };

  void ring() {
    std::vector<std::weak_ptr<State>> linked;
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
      for (asio::steady_timer* timer : waiting_) {
        timer->expires_at(SteadyTime::min());
      }
      linked.swap(linked_);
    }
    for (const auto& other : linked) {
      if (const std::shared_ptr<State> bell = other.lock()) {
        bell->ring();
      }
    }
  }

  void link(const std::shared_ptr<State>& other) {
    {
      const std::lock_guard lock(mutex_);
      if (!rung_) {
        linked_.push_back(other);
        return;
      }
    }
    other->ring();
  }

 private:
  std::mutex mutex_;
  bool rung_ = false;
  std::list<asio::steady_timer*> waiting_;
  std::vector<std::weak_ptr<State>> linked_;
};

Bell::Bell() : state_(std::make_shared<State>()) {}

awaitable<void> Bell::wait() const {
  // The bell's owner may be gone by the time this coroutine resumes.
  const std::shared_ptr<State> state = state_;
  const auto executor = co_await asio::this_coro::executor;
  State::Waiter waiter(*state, executor);
  co_await waiter.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Bell::ring() const {
  const std::shared_ptr<State> state = state_;
  state->ring();
}

void Bell::link(const Bell& other) const { state_->link(other.state_); }

}  // namespace larder

#include "task.hpp"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace larder {

namespace asio = boost::asio;

struct Task::State {
  Strand strand;
  // On the strand only.
  asio::cancellation_signal signal{};
  bool running = false;

  static awaitable<void> run(std::shared_ptr<State> state, awaitable<void> work) {
    state->running = true;
    co_await std::move(work);
  }
};

Task::Task(Strand strand) : state_(std::make_shared<State>(std::move(strand))) {}

void Task::start(awaitable<void> work, std::function<void(std::exception_ptr)> ended) const {
  asio::co_spawn(state_->strand, State::run(state_, std::move(work)),
                 asio::bind_cancellation_slot(
                     state_->signal.slot(),
                     [state = state_, ended = std::move(ended)](const std::exception_ptr& failure) {
                       state->running = false;
                       ended(failure);
                     }));
}

void Task::cancel() const {
  asio::post(state_->strand, [state = state_] {
    if (state->running) {
      state->signal.emit(asio::cancellation_type::terminal);
    }
  });
}

}  // namespace larder

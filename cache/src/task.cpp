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

namespace {

// Says once that the work has ended, also where nobody is left to run the handler.
class Ending {
 public:
  explicit Ending(std::function<void(std::exception_ptr)> ended) : ended_(std::move(ended)) {}
  ~Ending() { tell(nullptr); }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  void tell(const std::exception_ptr& failure) {
    if (const auto ended = std::exchange(ended_, nullptr)) {
      ended(failure);
    }
  }

 private:
  std::function<void(std::exception_ptr)> ended_;
};

}  // namespace

Task::Task(Strand strand) : state_(std::make_shared<State>(std::move(strand))) {}

void Task::start(awaitable<void> work, std::function<void(std::exception_ptr)> ended) const {
  asio::co_spawn(state_->strand, State::run(state_, std::move(work)),
                 asio::bind_cancellation_slot(
                     state_->signal.slot(),
                     [state = state_, ending = std::make_shared<Ending>(std::move(ended))](
                         const std::exception_ptr& failure) {
                       state->running = false;
                       ending->tell(failure);
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

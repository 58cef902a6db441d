// Running coroutines in tests.
//
//   const auto found = run(backend.get(keys, kNoDeadline));
//
// `run` drives one coroutine on a private io_context, `run_together` several at once on
// several threads, `start` one beside the calling coroutine. What a coroutine throws is
// thrown again by whoever waits for it. A coroutine that hangs is a std::runtime_error
// after kPatience. What still runs when the awaited coroutines have ended is destroyed.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/clock.hpp>

namespace larder::testkit {

// Real time after which a test gives up on a coroutine.
inline constexpr std::chrono::seconds kPatience{60};

// For tests that are not about deadlines.
inline constexpr Deadline kNoDeadline = Deadline::max();

// Runs every work to its end: the i-th on thread i % threads, each thread with its own
// io_context. Throws the first exception of a work, or that one hangs.
void run_works(std::vector<awaitable<void>> works, std::size_t threads);

// Lets the other coroutines of this executor run until `done` says so; throws after
// kPatience. `done` must stay alive until it completes.
[[nodiscard]] awaitable<void> yield_until(const std::function<bool()>& done);

namespace detail {

template <typename T>
awaitable<void> keep(awaitable<T> work, std::optional<T>& place) {
  place.emplace(co_await std::move(work));
}

}  // namespace detail

// The answers stand in the order of the works.
template <typename T>
[[nodiscard]] std::vector<T> run_together(std::vector<awaitable<T>> works, std::size_t threads) {
  std::vector<std::optional<T>> places(works.size());
  std::vector<awaitable<void>> kept;
  kept.reserve(works.size());
  for (std::size_t i = 0; i < works.size(); ++i) {
    kept.push_back(detail::keep(std::move(works[i]), places[i]));
  }
  run_works(std::move(kept), threads);
  std::vector<T> answers;
  answers.reserve(places.size());
  for (auto& place : places) {
    answers.push_back(std::move(*place));
  }
  return answers;
}

template <typename T>
T run(awaitable<T> work) {
  std::vector<awaitable<T>> works;
  works.push_back(std::move(work));
  return std::move(run_together(std::move(works), 1).front());
}

inline void run(awaitable<void> work) {
  std::vector<awaitable<void>> works;
  works.push_back(std::move(work));
  run_works(std::move(works), 1);
}

// A coroutine that runs beside the one that started it, on the same executor. Dropping
// the handle lets it run on, as long as anything runs.
template <typename T>
class Started {
 public:
  Started(const boost::asio::any_io_executor& executor, awaitable<T> work)
      : state_(std::make_shared<State>()) {
    boost::asio::co_spawn(
        executor, detail::keep(std::move(work), state_->answer),
        boost::asio::bind_cancellation_slot(state_->signal.slot(),
                                            [state = state_](const std::exception_ptr& failure) {
                                              state->failure = failure;
                                              state->ended = true;
                                            }));
  }

  [[nodiscard]] bool ended() const noexcept { return state_->ended; }

  // Asks the coroutine to end, as a caller that lost interest does.
  void cancel() { state_->signal.emit(boost::asio::cancellation_type::terminal); }

  // Waits for its end and takes its answer; once.
  [[nodiscard]] awaitable<T> answer() {
    const std::function<bool()> done = [state = state_] { return state->ended; };
    co_await yield_until(done);
    if (state_->failure) {
      std::rethrow_exception(state_->failure);
    }
    co_return std::move(*state_->answer);
  }

 private:
  struct State {
    boost::asio::cancellation_signal signal;
    std::optional<T> answer;
    std::exception_ptr failure;
    bool ended = false;
  };
  std::shared_ptr<State> state_;
};

template <typename T>
[[nodiscard]] Started<T> start(const boost::asio::any_io_executor& executor, awaitable<T> work) {
  return Started<T>(executor, std::move(work));
}

}  // namespace larder::testkit

// Calls: blocks threads until coroutines on an io thread have answered them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <larder/clock.hpp>
#include <larder/error.hpp>

#include "blocking/io_thread.hpp"
#include "endings.hpp"
#include "task.hpp"

namespace larder {

// Any thread but the io thread. References outlive close(); after it nothing is touched.
class Calls {
 public:
  Calls(IoThread& io, Clock& clock) noexcept : io_(io), clock_(clock) {}

  // Runs the work on the io thread and blocks until it has ended and its frame is gone, so it
  // may refer to what the caller keeps alive. At the deadline the work is cancelled; if it
  // then ends for that, the answer is Errc::timeout about `what`.
  template <typename T>
  [[nodiscard]] Result<T> run(std::string_view what, Deadline deadline, awaitable<Result<T>> work);

  // The same for a batch of `count`: what has its answer by then keeps it.
  template <typename T>
  [[nodiscard]] Batch<T> run_many(std::string_view what, std::size_t count, Deadline deadline,
                                  awaitable<Batch<T>> work);

  // Cancels what runs, which then answers Errc::closed as everything does from now on, and
  // waits until it has ended.
  void close();

 private:
  // What the caller waits for.
  struct Ending {
    std::promise<void> reached{};
    bool timed_out = false;  // read after it
  };

  // Lives and dies on the io thread, and with it what Asio keeps for its tasks.
  struct Call {
    Call(Strand strand, std::shared_ptr<Ending> told)
        : work(strand), watchdog(std::move(strand)), ending(std::move(told)) {}

    Task work;
    Task watchdog;
    std::shared_ptr<Ending> ending;
    bool has_ended = false;
  };
  using CallPtr = std::shared_ptr<Call>;

  // What came of a call. Without an answer, or where the answer is that it was cancelled,
  // `interruption` says why.
  template <typename T>
  struct Outcome {
    std::optional<T> answer{};
    std::optional<Error> interruption{};

    template <typename U>
    [[nodiscard]] bool was_interrupted(const Result<U>& one) const {
      return interruption && !one && one.error().code() == Errc::cancelled;
    }
  };
  template <typename T>
  [[nodiscard]] Outcome<T> outcome(std::string_view what, Deadline deadline, awaitable<T> work);

  template <typename T>
  static awaitable<void> keep(const Calls& calls, awaitable<T> work, std::optional<T>& answer);
  static awaitable<void> watch(CallPtr call, Clock& clock, Deadline deadline);

  enum class Begun : std::uint8_t { yes, too_late, closed };
  [[nodiscard]] Begun begin(awaitable<void> work, Deadline deadline,
                            std::shared_ptr<Ending> ending);
  // On the io thread, as all below.
  void start(const CallPtr& call, awaitable<void> work, Deadline deadline);
  void end(const CallPtr& call, const std::exception_ptr& failure);

  IoThread& io_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::list<CallPtr> running_;
  std::atomic<bool> closed_{false};  // written under the mutex
};

template <typename T>
awaitable<void> Calls::keep(const Calls& calls, awaitable<T> work, std::optional<T>& answer) {
  // A cancellation has no effect before the work runs: close() may have sent one.
  if (!calls.closed_) {
    answer.emplace(co_await std::move(work));
  }
}

template <typename T>
Calls::Outcome<T> Calls::outcome(std::string_view what, Deadline deadline, awaitable<T> work) {
  Outcome<T> outcome;
  const auto ending = std::make_shared<Ending>();
  const Begun begun = begin(keep(*this, std::move(work), outcome.answer), deadline, ending);
  if (begun == Begun::yes) {
    ending->reached.get_future().get();
  }
  if (begun == Begun::closed || closed_) {
    outcome.interruption = closed_error();
  } else if (begun == Begun::too_late || ending->timed_out) {
    outcome.interruption =
        Error(Errc::timeout, std::string(what) + ": no answer before the caller's deadline");
  }
  return outcome;
}

template <typename T>
Result<T> Calls::run(std::string_view what, Deadline deadline, awaitable<Result<T>> work) {
  auto outcome = this->outcome(what, deadline, std::move(work));
  if (!outcome.answer || outcome.was_interrupted(*outcome.answer)) {
    return std::unexpected(*std::move(outcome.interruption));
  }
  return *std::move(outcome.answer);
}

template <typename T>
Batch<T> Calls::run_many(std::string_view what, std::size_t count, Deadline deadline,
                         awaitable<Batch<T>> work) {
  auto outcome = this->outcome(what, deadline, std::move(work));
  if (!outcome.answer) {
    return fail_all<T>(count, *outcome.interruption);
  }
  for (Result<T>& one : *outcome.answer) {
    if (outcome.was_interrupted(one)) {
      one = std::unexpected(*outcome.interruption);
    }
  }
  return *std::move(outcome.answer);
}

}  // namespace larder

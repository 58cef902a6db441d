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

// Any thread but the io thread. References outlive it.
class Calls {
 public:
  Calls(IoThread& io, Clock& clock) noexcept : io_(io), clock_(clock) {}

  // Runs the work on the io thread and blocks until it has ended and its frame is gone, so it
  // may refer to what the caller keeps alive. At the deadline the work is cancelled; if it
  // then ends for that, the answer is Errc::timeout about `what`.
  template <typename T>
  [[nodiscard]] Result<T> run(std::string_view what, Deadline deadline, awaitable<Result<T>> work);

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

  template <typename T>
  static awaitable<void> keep(const Calls& calls, awaitable<Result<T>> work,
                              std::optional<Result<T>>& answer);
  static awaitable<void> watch(CallPtr call, Clock& clock, Deadline deadline);

  // False once close() was called.
  [[nodiscard]] bool begin(awaitable<void> work, Deadline deadline, std::shared_ptr<Ending> ending);
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
awaitable<void> Calls::keep(const Calls& calls, awaitable<Result<T>> work,
                            std::optional<Result<T>>& answer) {
  // A cancellation has no effect before the work runs: close() may have sent one.
  if (!calls.closed_) {
    answer.emplace(co_await std::move(work));
  }
}

template <typename T>
Result<T> Calls::run(std::string_view what, Deadline deadline, awaitable<Result<T>> work) {
  const auto timeout = [&] {
    return fail(Errc::timeout, std::string(what) + ": no answer before the caller's deadline");
  };
  if (closed_) {
    return std::unexpected(closed_error());
  }
  if (deadline <= clock_.now()) {
    return timeout();
  }
  std::optional<Result<T>> answer;
  const auto ending = std::make_shared<Ending>();
  if (!begin(keep(*this, std::move(work), answer), deadline, ending)) {
    return std::unexpected(closed_error());
  }
  ending->reached.get_future().get();
  const bool cancelled = !answer || (!*answer && answer->error().code() == Errc::cancelled);
  if (cancelled && closed_) {
    return std::unexpected(closed_error());
  }
  if (cancelled && ending->timed_out) {
    return timeout();
  }
  return *std::move(answer);
}

}  // namespace larder

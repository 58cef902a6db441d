// Deadlines for work that does not keep them itself.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <boost/system/system_error.hpp>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/runtime/run_on.hpp>

namespace larder {
namespace detail {

// Runs `work` on the caller's executor and cancels it at the deadline. Returns when the
// work has ended, whichever came first; true when the deadline cancelled it. An exception
// of the work is rethrown, except the operation_aborted that the deadline itself caused.
[[nodiscard]] awaitable<bool> cancel_at(Clock& clock, Deadline deadline, awaitable<void> work);

// Whether the exception is Asio's way to say "cancelled".
[[nodiscard]] bool is_cancellation(const boost::system::system_error& error) noexcept;

}  // namespace detail

// Runs `work` until it ends or the deadline passes; nullopt when the deadline came first.
//
// At the deadline the work is cancelled (terminal) and waited for, so it must answer to
// cancellation; what it returns after that is kept, because an outcome must not be lost: a
// caller that gets nullopt knows that the work ended by operation_aborted. A deadline
// already past runs nothing. Exceptions of the work are rethrown. Work that keeps views may
// be passed when this is awaited in the same full expression.
template <typename T>
[[nodiscard]] awaitable<std::optional<T>> race_deadline(Clock& clock, Deadline deadline,
                                                        awaitable<T> work) {
  if (deadline == Deadline::max()) {
    co_return co_await std::move(work);
  }
  if (deadline <= clock.now()) {
    co_return std::nullopt;
  }
  std::optional<T> value;
  (void)co_await detail::cancel_at(clock, deadline, detail::store_into(value, std::move(work)));
  co_return value;
}

// The same for work that answers a Result. At the deadline it is Errc::timeout with
// `context`, unless the work still ended with a value or with an error other than
// cancelled. Cancelling the caller answers Errc::cancelled, also for work that throws it.
template <typename T>
[[nodiscard]] awaitable<Result<T>> with_deadline(Clock& clock, Deadline deadline,
                                                 std::string context, awaitable<Result<T>> work) {
  std::optional<Result<T>> value;
  bool timed_out = false;
  try {
    if (deadline == Deadline::max()) {
      co_return co_await std::move(work);
    }
    if (deadline <= clock.now()) {
      co_return fail(Errc::timeout, std::move(context));
    }
    timed_out =
        co_await detail::cancel_at(clock, deadline, detail::store_into(value, std::move(work)));
  } catch (const boost::system::system_error& error) {
    if (!detail::is_cancellation(error)) {
      throw;
    }
    co_return fail(Errc::cancelled, std::move(context));
  }
  const bool cancelled = !value || (!*value && value->error().code() == Errc::cancelled);
  if (timed_out && cancelled) {
    co_return fail(Errc::timeout, std::move(context));
  }
  co_return std::move(*value);
}

}  // namespace larder

// Cancellation inside the cache.
//
// After its coroutine was cancelled every further co_await of an operation throws, and
// nothing may throw out of the cache. So each coroutine asks, before every co_await after
// its first:
//
//   if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) { ... }
#pragma once

#include <boost/asio/cancellation_state.hpp>

#include <larder/error.hpp>

namespace larder {

[[nodiscard]] inline bool is_cancelled(const boost::asio::cancellation_state& state) noexcept {
  return state.cancelled() != boost::asio::cancellation_type::none;
}

[[nodiscard]] inline Error cancelled_error() {
  return Error(Errc::cancelled, "the caller cancelled");
}

[[nodiscard]] inline Error closed_error() { return Error(Errc::closed, "the cache was closed"); }

}  // namespace larder

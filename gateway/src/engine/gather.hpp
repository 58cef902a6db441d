// Runs several awaitables at once and waits for all of them.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::gateway {

// The results in the order of the works. Every work must end by its own deadline: they are
// waited for even when the caller is cancelled, since they use what it owns. The first
// exception is thrown on after all have ended.
template <typename T>
boost::asio::awaitable<std::vector<T>> gather(std::vector<boost::asio::awaitable<T>> works) {
  namespace asio = boost::asio;
  struct Shared {
    explicit Shared(asio::any_io_executor executor)
        : done(executor, asio::steady_timer::time_point::max()) {}
    std::vector<std::optional<T>> results;
    std::size_t running = 0;
    std::exception_ptr failure;
    asio::steady_timer done;
  };
  std::vector<T> results;
  results.reserve(works.size());
  if (works.size() == 1) {
    results.push_back(co_await std::move(works.front()));
    co_return results;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<Shared>(executor);
  shared->results.resize(works.size());
  shared->running = works.size();
  for (std::size_t i = 0; i < works.size(); ++i) {
    const auto finish = [shared, i](std::exception_ptr failure, T result) {
      shared->results[i] = std::move(result);
      shared->failure = shared->failure ? shared->failure : failure;
      if (--shared->running == 0) {
        shared->done.cancel();
      }
    };
    asio::co_spawn(executor, std::move(works[i]), finish);
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (shared->running > 0) {
    co_await shared->done.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  if (shared->failure) {
    std::rethrow_exception(shared->failure);
  }
  for (std::optional<T>& result : shared->results) {
    results.push_back(*std::move(result));
  }
  co_return results;
}

}  // namespace larder::gateway

// run_on: the one way to cross from an io thread to another. Included by runtime.hpp.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <larder/clock.hpp>

namespace larder {
namespace detail {

// Runs `work` on `executor`, which is not the caller's.
[[nodiscard]] awaitable<void> run_elsewhere(boost::asio::any_io_executor executor,
                                            awaitable<void> work);

// Awaits `work` into `out`, so that its type needs no default constructor.
template <typename T>
awaitable<void> store_into(std::optional<T>& out, awaitable<T> work) {
  out.emplace(co_await std::move(work));
}

}  // namespace detail

template <typename T>
[[nodiscard]] awaitable<T> run_on(boost::asio::any_io_executor executor, awaitable<T> work) {
  const auto here = co_await boost::asio::this_coro::executor;
  if (here == executor) {
    co_return co_await std::move(work);
  }
  if constexpr (std::is_void_v<T>) {
    co_await detail::run_elsewhere(std::move(executor), std::move(work));
  } else {
    std::optional<T> value;
    co_await detail::run_elsewhere(std::move(executor), detail::store_into(value, std::move(work)));
    co_return std::move(*value);
  }
}

}  // namespace larder

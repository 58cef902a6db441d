#include "upstream/first_of.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::gateway {

namespace asio = boost::asio;

// Not `a || b`: that operator waits for a success, so one that throws would leave the
// other running.
awaitable<void> first_of(awaitable<void> a, awaitable<void> b) {
  const auto executor = co_await asio::this_coro::executor;
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(a), asio::deferred),
      asio::co_spawn(executor, std::move(b), asio::deferred));
  const auto [order, of_a, of_b] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const std::exception_ptr& first = order[0] == 0 ? of_a : of_b;
  if (first) {
    std::rethrow_exception(first);
  }
}

}  // namespace larder::gateway

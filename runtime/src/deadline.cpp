#include <larder/runtime/deadline.hpp>

#include <array>
#include <cstddef>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::detail {
namespace {

namespace asio = boost::asio;

bool is_cancellation(const std::exception_ptr& raised) {
  try {
    std::rethrow_exception(raised);
  } catch (const boost::system::system_error& error) {
    return detail::is_cancellation(error);
  } catch (...) {
    return false;
  }
}

}  // namespace

bool is_cancellation(const boost::system::system_error& error) noexcept {
  return error.code() == asio::error::operation_aborted;
}

awaitable<bool> cancel_at(Clock& clock, Deadline deadline, awaitable<void> work) {
  // Not `work || sleep`: that operator waits for a success, so a work that throws would
  // still be waited for until the deadline.
  const auto executor = co_await asio::this_coro::executor;
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(work), asio::deferred),
      asio::co_spawn(executor, clock.sleep_until(deadline), asio::deferred));
  const auto [order, raised, sleep_raised, passed] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (sleep_raised) {
    std::rethrow_exception(sleep_raised);
  }
  if (raised && !(passed && is_cancellation(raised))) {
    std::rethrow_exception(raised);
  }
  co_return passed;
}

}  // namespace larder::detail

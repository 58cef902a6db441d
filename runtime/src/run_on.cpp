#include <larder/runtime/run_on.hpp>

#include <exception>
#include <memory>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::detail {
namespace {

namespace asio = boost::asio;

// Asio 1.26 forwards a cancellation to the other thread by a raw pointer into the slot of
// the caller, which may be gone when it arrives. Here the signal is shared instead, and is
// only ever touched on the executor of the work.
using SharedSignal = std::shared_ptr<asio::cancellation_signal>;

template <typename Handler>
void start(Handler handler, const asio::any_io_executor& here, asio::any_io_executor there,
           awaitable<void> work) {
  auto signal = std::make_shared<asio::cancellation_signal>();
  auto caller_slot = asio::get_associated_cancellation_slot(handler);
  if (caller_slot.is_connected()) {
    caller_slot.assign([signal, there](asio::cancellation_type type) {
      asio::post(there, [signal, type] { signal->emit(type); });
    });
  }
  auto caller = asio::prefer(here, asio::execution::outstanding_work.tracked);
  auto resume = [caller, signal, handler = std::move(handler)](std::exception_ptr error) mutable {
    asio::dispatch(caller,
                   [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
  };
  const auto slot = signal->slot();
  asio::co_spawn(there, std::move(work), asio::bind_cancellation_slot(slot, std::move(resume)));
}

}  // namespace

awaitable<void> run_elsewhere(asio::any_io_executor executor, awaitable<void> work) {
  const auto here = co_await asio::this_coro::executor;
  auto initiate = [&](auto handler) {
    start(std::move(handler), here, std::move(executor), std::move(work));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
      initiate, asio::use_awaitable);
}

}  // namespace larder::detail

#include <larder/runtime/run_on.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::detail {
namespace {

namespace asio = boost::asio;

// What both sides of a crossing share.
struct Crossing {
  // Asio 1.26 forwards a cancellation to the other thread by a raw pointer into the slot of
  // the caller, which may be gone when it arrives. This signal is shared instead, and is only
  // ever touched on the executor of the work.
  asio::cancellation_signal signal;
  // The other thread touches nothing of the caller any more, its io_context included.
  std::atomic<bool> over{false};
};

// Resumes the caller, on its executor, once the other thread has let go of that: the caller
// may end at once, and its io_context with it.
template <typename Handler>
struct Arrival {
  Handler handler;
  std::exception_ptr error;
  std::shared_ptr<const Crossing> crossing;
  asio::any_io_executor here;

  void operator()() {
    if (crossing->over.load(std::memory_order_acquire)) {
      std::move(handler)(error);
      return;
    }
    const asio::any_io_executor executor = here;
    asio::post(executor, std::move(*this));
  }
};

template <typename Handler>
void start(Handler handler, const asio::any_io_executor& here, asio::any_io_executor there,
           awaitable<void> work) {
  auto crossing = std::make_shared<Crossing>();
  auto caller_slot = asio::get_associated_cancellation_slot(handler);
  if (caller_slot.is_connected()) {
    caller_slot.assign([crossing, there](asio::cancellation_type type) {
      asio::post(there, [crossing, type] { crossing->signal.emit(type); });
    });
  }
  auto caller = asio::prefer(here, asio::execution::outstanding_work.tracked);
  auto resume = [caller, crossing, handler = std::move(handler)](std::exception_ptr error) mutable {
    {
      // Moved out, so that the last reference ends here and not after `over`.
      const asio::any_io_executor last = std::exchange(caller, asio::any_io_executor());
      asio::post(last, Arrival<Handler>{.handler = std::move(handler),
                                        .error = std::move(error),
                                        .crossing = crossing,
                                        .here = last});
    }
    crossing->over.store(true, std::memory_order_release);
  };
  const auto slot = crossing->signal.slot();
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

#include "blocking/io_thread.hpp"

#include <pthread.h>

namespace larder {

IoThread::IoThread()
    : thread_([this] {
        pthread_setname_np(pthread_self(), "larder-cache-io");
        io_.run();
      }) {}

IoThread::~IoThread() {
  guard_.reset();
  thread_.join();
}

void IoThread::run(awaitable<void> work) {
  // Shared, since this call may return while the io thread is still setting it.
  const auto done = std::make_shared<std::promise<void>>();
  boost::asio::co_spawn(io_, std::move(work), [done](const std::exception_ptr& failure) {
    if (failure) {
      done->set_exception(failure);
    } else {
      done->set_value();
    }
  });
  done->get_future().get();
}

}  // namespace larder

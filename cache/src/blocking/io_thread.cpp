#include "blocking/io_thread.hpp"

#include <pthread.h>

#include <cassert>
#include <exception>
#include <future>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace larder {

IoThread::IoThread(LogSink& log)
    : thread_([this, &log] {
        pthread_setname_np(pthread_self(), "larder-cache-io");
        serve(log);
      }) {}

IoThread::~IoThread() { assert(!thread_.joinable() && "stop() must be called"); }

void IoThread::serve(LogSink& log) {
  while (true) {
    try {
      io_.run();
      return;
    } catch (...) {
      log.error("cache", "a completion handler threw", {});
    }
  }
}

void IoThread::stop() {
  io_.stop();
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

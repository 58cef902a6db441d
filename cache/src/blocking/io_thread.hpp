// IoThread: one io_context on a thread of its own, for callers that block.
#pragma once

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/clock.hpp>

namespace larder {

class IoThread {
 public:
  // Throws std::system_error where no thread can be started.
  IoThread();
  // Joins; what was spawned must end by itself.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }

  // Blocks the calling thread, which is another, until the work is done. An exception that
  // escapes it is rethrown.
  void run(awaitable<void> work);

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  std::thread thread_;
};

}  // namespace larder

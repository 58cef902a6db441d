// IoThread: one io_context on a thread of its own, for callers that block.
#pragma once

#include <thread>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/clock.hpp>
#include <larder/log.hpp>

namespace larder {

class IoThread {
 public:
  // Throws std::system_error where no thread can be started.
  explicit IoThread(LogSink& log);
  // stop() must have been called.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }

  // Blocks the calling thread, which is another, until the work is done. An exception that
  // escapes it is rethrown.
  void run(awaitable<void> work);

  // Joins the thread, whatever still waits there. Nothing runs from then on, but objects that
  // live in the io_context may still be destroyed. Once.
  void stop();

 private:
  void serve(LogSink& log);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  std::thread thread_;
};

}  // namespace larder

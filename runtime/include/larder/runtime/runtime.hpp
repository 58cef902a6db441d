// Runtime: the io threads of a program, and the coroutines it runs on them.
//
// One io_context per thread; what lives on a thread stays there and needs no lock. Work is
// spawned with a name, an escaped exception is logged under it, and stop() joins all.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <larder/clock.hpp>
#include <larder/log.hpp>

namespace larder {

class Runtime {
 public:
  // `threads` 0 = one for each core. Threads start at once.
  Runtime(std::size_t threads, LogSink& log);
  // stop() must have been called.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] std::size_t threads() const noexcept;
  [[nodiscard]] boost::asio::any_io_executor executor(std::size_t thread) const;
  // The next one in turn, to spread long-lived objects over the threads.
  [[nodiscard]] boost::asio::any_io_executor next_executor() noexcept;

  // Runs `work` on the executor; it must end by itself (close what it awaits) before stop()
  // returns. An exception that escapes is logged with the name.
  void spawn(boost::asio::any_io_executor executor, std::string name, awaitable<void> work);

  // Runs `work` and blocks the calling thread, which is none of ours, until it is done. An
  // exception that escapes is logged with the name and rethrown.
  void run(std::string name, awaitable<void> work);

  // Waits for spawned work to end, then stops and joins the threads. Called once, from a
  // thread that is none of ours.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs `work` on `executor`, and resumes the caller on its own. Use it to reach an object
// that lives on another thread. Cancelling the caller cancels the work, and its exception is
// rethrown. The caller waits, so `work` may use what the caller keeps alive.
template <typename T>
[[nodiscard]] awaitable<T> run_on(boost::asio::any_io_executor executor, awaitable<T> work);

}  // namespace larder

#include <larder/runtime/run_on.hpp>

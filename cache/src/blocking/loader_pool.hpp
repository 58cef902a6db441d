// LoaderPool: a bounded number of threads for functions that block.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <larder/clock.hpp>

namespace larder {

// Any thread.
class LoaderPool {
 public:
  LoaderPool(std::size_t threads_max, std::size_t waiting_max);
  // close() must have been called.
  ~LoaderPool();
  LoaderPool(const LoaderPool&) = delete;
  LoaderPool& operator=(const LoaderPool&) = delete;

  // Runs the job, which does not throw, when a thread is free. False where too many wait,
  // where no thread can be started, and after close().
  [[nodiscard]] bool submit(std::function<void()> job);

  // Drops the jobs that wait and joins the threads. How many still ran after `patience` and
  // were left behind; each ends after its job and touches nothing but that. Once.
  [[nodiscard]] std::size_t close(milliseconds patience);

 private:
  struct State;
  static void serve(const std::shared_ptr<State>& state, std::size_t index);

  std::shared_ptr<State> state_;
};

}  // namespace larder

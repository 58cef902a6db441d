// Task: a coroutine on a strand that any thread may cancel.
//
// In Asio 1.81 a signal that reaches a coroutine before it has run lets operation_aborted
// escape from io_context::run, and one that reaches it after its end touches freed memory.
// A task therefore passes the signal on only on its strand, and only between the two.
#pragma once

#include <exception>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include <larder/clock.hpp>

namespace larder {

using Strand = boost::asio::strand<boost::asio::any_io_executor>;

class Task {
 public:
  explicit Task(Strand strand);

  // Once. `ended` runs on the strand when `work` has ended and its frame is gone; it gets
  // what escaped from it. Where the executor goes before the work has ended, `ended` runs
  // then, with nothing.
  void start(awaitable<void> work, std::function<void(std::exception_ptr)> ended) const;

  // Reaches `work` at what it awaits. Does nothing before it runs: work that may have been
  // cancelled so early asks by itself when it begins.
  void cancel() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larder

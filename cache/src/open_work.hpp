// OpenWork: counts what must have ended before Cache::close() may complete.
#pragma once

#include <cstddef>
#include <memory>

#include <larder/clock.hpp>

namespace larder {

// Any thread.
class OpenWork {
 public:
  OpenWork();

  // False once close() was called: then nothing new may begin.
  [[nodiscard]] bool enter(std::size_t count);
  // For more work that is begun by work which has entered and not left: also after close().
  void also(std::size_t count);
  // The last thing that work does: the cache may be gone when it returns.
  void leave();

  void close();
  [[nodiscard]] bool closed() const;
  [[nodiscard]] bool idle() const;
  // After close(): returns when all that entered has left.
  [[nodiscard]] awaitable<void> all_left() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larder

#include "open_work.hpp"

#include <atomic>
#include <mutex>

#include "bell.hpp"

namespace larder {

struct OpenWork::State {
  std::mutex mutex;
  std::size_t count = 0;
  std::atomic<bool> closed{false};  // written under the mutex
  Bell empty;
};

OpenWork::OpenWork() : state_(std::make_shared<State>()) {}

bool OpenWork::enter(std::size_t count) {
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) {
    return false;
  }
  state_->count += count;
  return true;
}

void OpenWork::also(std::size_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->count += count;
}

void OpenWork::leave() {
  const std::shared_ptr<State> state = state_;
  bool last = false;
  {
    const std::lock_guard lock(state->mutex);
    last = --state->count == 0 && state->closed;
  }
  if (last) {
    state->empty.ring();
  }
}

void OpenWork::close() {
  bool empty = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    empty = state_->count == 0;
  }
  if (empty) {
    state_->empty.ring();
  }
}

bool OpenWork::closed() const { return state_->closed; }

bool OpenWork::idle() const {
  const std::lock_guard lock(state_->mutex);
  return state_->count == 0;
}

awaitable<void> OpenWork::all_left() const { return state_->empty.wait(); }

}  // namespace larder

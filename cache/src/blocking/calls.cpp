#include "blocking/calls.hpp"

#include <boost/asio/strand.hpp>

namespace larder {

awaitable<void> Calls::watch(CallPtr call, Clock& clock, Deadline deadline) {
  if (!call->has_ended && co_await clock.sleep_until(deadline) && !call->has_ended) {
    call->timed_out = true;
    call->work.cancel();
  }
}

void Calls::start(const CallPtr& call, awaitable<void> work) {
  call->work.start(std::move(work), [call](const std::exception_ptr& failure) {
    call->has_ended = true;
    call->watchdog.cancel();
    if (failure) {
      call->done.set_exception(failure);
    } else {
      call->done.set_value();
    }
  });
}

Calls::CallPtr Calls::enter() {
  auto call = std::make_shared<Call>(boost::asio::make_strand(io_.executor()));
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return nullptr;
  }
  running_.push_back(call);
  return call;
}

void Calls::leave(const CallPtr& call) {
  // Notified under the lock: close() may end this object as soon as it sees none.
  const std::lock_guard lock(mutex_);
  running_.remove(call);
  left_.notify_all();
}

void Calls::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  for (const CallPtr& call : running_) {
    call->work.cancel();
  }
  left_.wait(lock, [this] { return running_.empty(); });
}

}  // namespace larder

#include "blocking/calls.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace larder {

awaitable<void> Calls::watch(CallPtr call, Clock& clock, Deadline deadline) {
  if (!call->has_ended && co_await clock.sleep_until(deadline) && !call->has_ended) {
    call->ending->timed_out = true;
    call->work.cancel();
  }
}

Calls::Begun Calls::begin(awaitable<void> work, Deadline deadline, std::shared_ptr<Ending> ending) {
  CallPtr call;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Begun::closed;
    }
    if (deadline <= clock_.now()) {
      return Begun::too_late;
    }
    call = std::make_shared<Call>(boost::asio::make_strand(io_.executor()), std::move(ending));
    running_.push_back(call);
  }
  boost::asio::post(io_.executor(),
                    [this, call = std::move(call), work = std::move(work), deadline]() mutable {
                      start(call, std::move(work), deadline);
                    });
  return Begun::yes;
}

void Calls::start(const CallPtr& call, awaitable<void> work, Deadline deadline) {
  call->work.start(std::move(work),
                   [this, call](const std::exception_ptr& failure) { end(call, failure); });
  if (deadline != Deadline::max() && !call->has_ended) {
    call->watchdog.start(watch(call, clock_, deadline), [](const std::exception_ptr&) {});
  }
}

void Calls::end(const CallPtr& call, const std::exception_ptr& failure) {
  call->has_ended = true;
  call->watchdog.cancel();
  if (failure) {
    call->ending->reached.set_exception(failure);
  } else {
    call->ending->reached.set_value();
  }
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

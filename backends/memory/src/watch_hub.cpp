#include "watch_hub.hpp"

#include <algorithm>
#include <utility>

#include "cost.hpp"

namespace larder::memory {

class MemoryWatch final : public Watch {
 public:
  MemoryWatch(std::shared_ptr<WatchHub> hub, Clock& clock) : hub_(std::move(hub)), clock_(clock) {}
  ~MemoryWatch() override { hub_->leave(pending_); }

  awaitable<Result<Change>> next(Deadline deadline) override {
    const auto take = [this] { return hub_->take(pending_); };
    co_return co_await wait_for<Change>(*pending_.wakeup, clock_, deadline, take);
  }

  [[nodiscard]] WatchHub::Pending& pending() noexcept { return pending_; }

 private:
  std::shared_ptr<WatchHub> hub_;
  Clock& clock_;
  WatchHub::Pending pending_;
};

Result<std::unique_ptr<Watch>> WatchHub::open(Clock& clock) {
  auto watch = std::make_unique<MemoryWatch>(shared_from_this(), clock);
  const std::lock_guard lock(mutex_);
  if (closed_) {
    // The destructor of `watch` runs after the lock is released, as it was made before it.
    return fail(Errc::closed, "memory store: closed");
  }
  if (watches_.size() == kWatchesMax) {
    return fail(Errc::storage_full,
                "memory store: more than " + std::to_string(kWatchesMax) + " watches");
  }
  watches_.push_back(&watch->pending());
  open_.store(watches_.size(), std::memory_order_relaxed);
  return watch;
}

void WatchHub::tell(const Key& key) {
  const std::size_t bytes = sizeof(Key) + text_bytes(key.text().size());
  const std::lock_guard lock(mutex_);
  for (Pending* pending : watches_) {
    if (pending->lost || (!pending->keys.empty() && pending->keys.back() == key)) {
      continue;
    }
    if (bytes_ + bytes > bytes_max_) {
      drop_keys(*pending);
      pending->lost = true;
    } else {
      pending->keys.push_back(key);
      pending->bytes += bytes;
      bytes_ += bytes;
    }
    pending->wakeup->raise();
  }
}

void WatchHub::drop_keys(Pending& pending) {
  bytes_ -= std::exchange(pending.bytes, 0);
  pending.keys = std::vector<Key>();
}

std::optional<Result<Change>> WatchHub::take(Pending& pending) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return fail(Errc::closed, "memory store: closed");
  }
  if (std::exchange(pending.lost, false)) {
    return Change(WatchLost{});
  }
  if (pending.keys.empty()) {
    return std::nullopt;
  }
  bytes_ -= std::exchange(pending.bytes, 0);
  return Change(KeysChanged{.keys = std::exchange(pending.keys, {})});
}

void WatchHub::leave(Pending& pending) {
  const std::lock_guard lock(mutex_);
  drop_keys(pending);
  std::erase(watches_, &pending);
  open_.store(watches_.size(), std::memory_order_relaxed);
}

void WatchHub::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (Pending* pending : watches_) {
    drop_keys(*pending);
    pending->wakeup->raise();
  }
}

std::size_t WatchHub::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace larder::memory

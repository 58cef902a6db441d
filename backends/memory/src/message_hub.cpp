#include "message_hub.hpp"

#include <algorithm>
#include <utility>

#include "cost.hpp"

namespace larder::memory {
namespace {

// What a waiting notice costs. A payload is charged to each subscriber it waits for.
std::size_t notice_bytes(const Notice& notice) {
  const auto* message = std::get_if<Message>(&notice);
  return sizeof(Notice) + (message == nullptr ? 0
                                              : text_bytes(message->channel.text().size()) +
                                                    payload_bytes(message->payload.size()));
}

// A channel's node and list, as if no one else subscribed to it, and the inbox's own copy.
std::size_t channel_bytes(const Key& channel) {
  return heap_bytes(sizeof(Key) + 64) + sizeof(Key) + 2 * text_bytes(channel.text().size()) + 64;
}

}  // namespace

class MemorySubscription final : public Subscription {
 public:
  MemorySubscription(std::shared_ptr<MessageHub> hub, Clock& clock)
      : hub_(std::move(hub)), clock_(clock) {}
  ~MemorySubscription() override { hub_->leave(inbox_); }

  awaitable<Result<Notice>> next(Deadline deadline) override {
    const auto take = [this] { return hub_->take(inbox_); };
    co_return co_await wait_for<Notice>(*inbox_.wakeup, clock_, deadline, take);
  }

  [[nodiscard]] MessageHub::Inbox& inbox() noexcept { return inbox_; }

 private:
  std::shared_ptr<MessageHub> hub_;
  Clock& clock_;
  MessageHub::Inbox inbox_;
};

Result<std::unique_ptr<Subscription>> MessageHub::subscribe(std::span<const Key> channels,
                                                            Clock& clock) {
  if (channels.empty()) {
    return fail(Errc::invalid_argument, "channels: expected at least one");
  }
  auto subscription = std::make_unique<MemorySubscription>(shared_from_this(), clock);
  std::vector<Key> names(channels.begin(), channels.end());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  // An empty deque already owns a map and its first block.
  std::size_t bytes = heap_bytes(sizeof(MemorySubscription)) + heap_bytes(sizeof(Wakeup)) + 600;
  for (const Key& name : names) {
    bytes += channel_bytes(name);
  }

  Inbox& inbox = subscription->inbox();
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return fail(Errc::closed, "memory store: closed");
  }
  if (subscription_bytes_ + bytes > bytes_max_ / 2) {
    return fail(Errc::storage_full, "memory store: no room for another subscription");
  }
  subscription_bytes_ += bytes;
  inbox.bytes = bytes;
  inbox.channels = std::move(names);
  for (const Key& name : inbox.channels) {
    channels_[name].push_back(&inbox);
  }
  return subscription;
}

void MessageHub::publish(const Key& channel, const Bytes& payload) {
  const std::lock_guard lock(mutex_);
  const auto place = channels_.find(channel);
  if (place == channels_.end()) {
    return;
  }
  const Bytes own = Bytes::copy_of(payload.view());
  for (Inbox* inbox : place->second) {
    deliver(*inbox, channel, own);
  }
}

void MessageHub::deliver(Inbox& inbox, const Key& channel, const Bytes& payload) {
  Notice notice = Message{.channel = channel, .payload = payload};
  if (inbox.waiting.size() >= kWaitingMax ||
      subscription_bytes_ + waiting_bytes_ + notice_bytes(notice) > bytes_max_) {
    // Once for a run of lost messages, in the place where they are missing.
    if (!inbox.waiting.empty() && std::holds_alternative<MessagesLost>(inbox.waiting.back())) {
      return;
    }
    notice = MessagesLost{};
  }
  waiting_bytes_ += notice_bytes(notice);
  inbox.waiting.push_back(std::move(notice));
  inbox.wakeup->raise();
}

std::optional<Result<Notice>> MessageHub::take(Inbox& inbox) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return fail(Errc::closed, "memory store: closed");
  }
  if (inbox.waiting.empty()) {
    return std::nullopt;
  }
  waiting_bytes_ -= notice_bytes(inbox.waiting.front());
  Result<Notice> notice = std::move(inbox.waiting.front());
  inbox.waiting.pop_front();
  return notice;
}

void MessageHub::leave(Inbox& inbox) {
  const std::lock_guard lock(mutex_);
  for (const Notice& notice : inbox.waiting) {
    waiting_bytes_ -= notice_bytes(notice);
  }
  for (const Key& name : inbox.channels) {
    const auto place = channels_.find(name);
    std::erase(place->second, &inbox);
    if (place->second.empty()) {
      channels_.erase(place);
    }
  }
  subscription_bytes_ -= inbox.bytes;
}

void MessageHub::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto& [name, inboxes] : channels_) {
    for (Inbox* inbox : inboxes) {
      inbox->wakeup->raise();
    }
  }
}

std::size_t MessageHub::bytes() const {
  const std::lock_guard lock(mutex_);
  return subscription_bytes_ + waiting_bytes_;
}

}  // namespace larder::memory

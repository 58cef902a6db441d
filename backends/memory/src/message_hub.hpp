// MessageHub: publish and subscribe inside the process. Any thread.
//
// One mutex for all channels: a message reaches all its subscribers before the next one
// does, so everyone sees one order.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <larder/backend.hpp>

#include "siphash.hpp"
#include "wakeup.hpp"

namespace larder::memory {

class MessageHub : public std::enable_shared_from_this<MessageHub> {
 public:
  // Messages that wait for one subscriber; one more is lost, and told as MessagesLost.
  static constexpr std::size_t kWaitingMax = 1024;

  // `bytes_max`: of everything here. Subscriptions take at most half of it (one more is
  // storage_full), waiting messages the rest.
  MessageHub(KeyHash hash, std::size_t bytes_max) : bytes_max_(bytes_max), channels_(0, hash) {}

  [[nodiscard]] Result<std::unique_ptr<Subscription>> subscribe(std::span<const Key> channels,
                                                                Clock& clock);
  // Copies the payload once for all subscribers.
  void publish(const Key& channel, const Bytes& payload);
  void close();
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class MemorySubscription;

  // One subscriber. Guarded by the hub's mutex.
  struct Inbox {
    std::vector<Key> channels;
    std::deque<Notice> waiting;
    std::size_t bytes = 0;  // of the subscription without what waits
    std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
  };

  void deliver(Inbox& inbox, const Key& channel, const Bytes& payload);
  [[nodiscard]] std::optional<Result<Notice>> take(Inbox& inbox);
  void leave(Inbox& inbox);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, std::vector<Inbox*>, KeyHash> channels_;
  std::size_t subscription_bytes_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace larder::memory

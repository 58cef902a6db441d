// WatchHub: tells open watches which keys changed. Any thread.
//
// Every change of every key is told, read before or not, and evictions and expirations too:
// more than a watcher needs, and nothing to remember for each read. While no watch is open
// a change costs one load of an atomic.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <larder/backend.hpp>

#include "wakeup.hpp"

namespace larder::memory {

class WatchHub : public std::enable_shared_from_this<WatchHub> {
 public:
  // Open watches at once; one more is storage_full.
  static constexpr std::size_t kWatchesMax = 64;

  // `bytes_max`: of keys that wait to be told, over all watches.
  explicit WatchHub(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] Result<std::unique_ptr<Watch>> open(Clock& clock);

  // Called when the change has been made, before its verb answers.
  void changed(const Key& key) {
    if (open_.load(std::memory_order_relaxed) != 0) {
      tell(key);
    }
  }
  void changed(const PackedEntry& entry) {
    if (open_.load(std::memory_order_relaxed) != 0) {
      tell(entry.key());
    }
  }

  void close();
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class MemoryWatch;

  // What one watch has not been told yet. Guarded by the hub's mutex.
  struct Pending {
    std::vector<Key> keys;
    std::size_t bytes = 0;
    bool lost = false;
    std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
  };

  void tell(const Key& key);
  void drop_keys(Pending& pending);
  [[nodiscard]] std::optional<Result<Change>> take(Pending& pending);
  void leave(Pending& pending);

  const std::size_t bytes_max_;
  std::atomic<std::size_t> open_{0};
  mutable std::mutex mutex_;
  std::vector<Pending*> watches_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace larder::memory

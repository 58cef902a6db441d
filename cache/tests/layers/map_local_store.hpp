// The simplest LocalStore: a map under a mutex, unbounded, on the test's clock.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include <larder/local_store.hpp>

namespace larder {

class MapLocalStore final : public LocalStore {
 public:
  explicit MapLocalStore(Clock& clock) : clock_(clock) {}

  std::optional<Found> find(const Key& key) override {
    const std::lock_guard lock(mutex_);
    const auto place = copies_.find(key);
    if (place == copies_.end() || place->second.until <= clock_.now()) {
      return std::nullopt;
    }
    Found found = place->second.found;
    found.life_left -= std::chrono::ceil<milliseconds>(clock_.now() - place->second.since);
    return found;
  }
  void insert(const Found& found, milliseconds life_max) override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.now();
    copies_.insert_or_assign(
        found.entry->key(),
        Copy{.found = found, .since = now, .until = now + std::min(life_max, found.life_left)});
  }
  void drop(const Key& key) override {
    const std::lock_guard lock(mutex_);
    copies_.erase(key);
  }
  void drop_all() override {
    const std::lock_guard lock(mutex_);
    copies_.clear();
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return copies_.size();
  }

 private:
  struct Copy {
    Found found;
    SteadyTime since;
    SteadyTime until;
  };
  Clock& clock_;
  std::mutex mutex_;
  std::map<Key, Copy> copies_;
};

}  // namespace larder

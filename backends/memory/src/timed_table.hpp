// TimedTable: things by Key that end at a time. Leases, counters, quotas and logs are kept
// in these. Not thread-safe; its shard locks.
//
// What has ended is never answered. Its memory comes back by take_due(), which the shard
// calls a bounded number of times in each of its operations.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include <larder/clock.hpp>
#include <larder/key.hpp>

#include "cost.hpp"
#include "expiry_heap.hpp"
#include "siphash.hpp"

namespace larder::memory {

template <typename T>
class TimedTable {
 public:
  struct Item {
    T value;
    SteadyTime ends;
    const Key* key;
    std::uint32_t heap_place;
  };

  explicit TimedTable(KeyHash hash) : items_(0, hash) {}

  // Null where there is none, or it has ended. Stays valid until it is taken.
  [[nodiscard]] Item* find(const Key& key, SteadyTime now) {
    const auto place = items_.find(key);
    return place == items_.end() || place->second.ends <= now ? nullptr : &place->second;
  }

  // Over whatever stands under the key.
  Item& set(const Key& key, T value, SteadyTime ends) {
    static_cast<void>(take(key));
    const auto [place, added] = items_.try_emplace(key, Item{std::move(value), ends, nullptr, 0});
    Item& item = place->second;
    item.key = &place->first;
    expiry_.add(item);
    bytes_ += cost(key);
    return item;
  }

  void set_end(Item& item, SteadyTime ends) {
    item.ends = ends;
    expiry_.moved(item);
  }

  // Removes it, ended or not.
  std::optional<T> take(const Key& key) {
    // An empty map would compute the hash all the same.
    const auto place = items_.empty() ? items_.end() : items_.find(key);
    return place == items_.end() ? std::nullopt : std::optional<T>(take_at(place));
  }

  // Removes one that has ended, if there is any.
  std::optional<T> take_due(SteadyTime now) {
    const Item* item = expiry_.due(now);
    return item == nullptr ? std::nullopt : take(*item->key);
  }

  // The one that ends first; null when empty.
  [[nodiscard]] Item* first() const noexcept { return expiry_.first(); }

  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  // What one item under this key costs: its node, its share of the buckets and of the heap.
  [[nodiscard]] static std::size_t cost(const Key& key) noexcept {
    constexpr std::size_t kNode = heap_bytes(sizeof(std::pair<const Key, Item>) + 16);
    constexpr std::size_t kShares = 16 + 24;
    return kNode + kShares + text_bytes(key.text().size());
  }

 private:
  using Items = std::unordered_map<Key, Item, KeyHash>;

  T take_at(Items::iterator place) {
    Item& item = place->second;
    expiry_.remove(item);
    bytes_ -= cost(place->first);
    T value = std::move(item.value);
    items_.erase(place);
    return value;
  }

  Items items_;
  ExpiryHeap<Item> expiry_;
  std::size_t bytes_ = 0;
};

}  // namespace larder::memory

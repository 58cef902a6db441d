// The stores that the memory backend is measured against. All answer the same two questions:
// get() copies the value out, put() stores it whether or not something is there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <oneapi/tbb/concurrent_hash_map.h>
#include <rocksdb/cache.h>

#include <larder/key.hpp>

namespace bench {

struct Size {
  std::size_t entries;  // that fit
  std::size_t value_bytes;
};

// std::unordered_map and a list in the order of use, under one mutex, with an end for each.
class MapLru {
 public:
  static constexpr bool kEvicts = true;
  explicit MapLru(Size size) : entries_max_(size.entries) {}

  bool get(const larder::Key& key, char* to) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard held(mutex_);
    const auto place = places_.find(key.text());
    if (place == places_.end()) {
      return false;
    }
    if (place->second->ends <= now) {
      items_.erase(place->second);
      places_.erase(place);
      return false;
    }
    items_.splice(items_.begin(), items_, place->second);
    std::memcpy(to, place->second->value.data(), place->second->value.size());
    return true;
  }
  void put(const larder::Key& key, std::string_view value) {
    const auto ends = std::chrono::steady_clock::now() + std::chrono::hours(1);
    const std::lock_guard held(mutex_);
    if (const auto place = places_.find(key.text()); place != places_.end()) {
      place->second->value.assign(value);
      place->second->ends = ends;
      items_.splice(items_.begin(), items_, place->second);
      return;
    }
    if (items_.size() == entries_max_) {
      places_.erase(*items_.back().key);
      items_.pop_back();
    }
    items_.push_front(Item{nullptr, std::string(value), ends});
    const auto [place, added] = places_.emplace(key.text(), items_.begin());
    items_.front().key = &place->first;
  }

 private:
  struct Item {
    const std::string* key;
    std::string value;
    std::chrono::steady_clock::time_point ends;
  };
  const std::size_t entries_max_;
  std::mutex mutex_;
  std::list<Item> items_;
  std::unordered_map<std::string, std::list<Item>::iterator> places_;
};

// Neither bound nor ttl: what a concurrent map alone costs.
class TbbMap {
 public:
  static constexpr bool kEvicts = false;
  explicit TbbMap(Size size) : map_(size.entries) {}

  bool get(const larder::Key& key, char* to) {
    Map::const_accessor found;
    if (!map_.find(found, key.text())) {
      return false;
    }
    std::memcpy(to, found->second.data(), found->second.size());
    return true;
  }
  void put(const larder::Key& key, std::string_view value) {
    Map::accessor place;
    map_.insert(place, key.text());
    place->second.assign(value);
  }

 private:
  using Map = oneapi::tbb::concurrent_hash_map<std::string, std::string>;
  Map map_;
};

// RocksDB's block caches. HyperClockCache takes keys of exactly 16 bytes and does not
// overwrite, hence the Erase.
class RocksCache {
 public:
  static constexpr bool kEvicts = true;

  bool get(const larder::Key& key, char* to) {
    rocksdb::Cache::Handle* handle = cache_->Lookup(key.text());
    if (handle == nullptr) {
      return false;
    }
    std::memcpy(to, cache_->Value(handle), value_bytes_);
    cache_->Release(handle);
    return true;
  }
  void put(const larder::Key& key, std::string_view value) {
    if (erase_first_) {
      cache_->Erase(key.text());
    }
    auto* copy = new char[value.size()];
    std::memcpy(copy, value.data(), value.size());
    const auto free = [](const rocksdb::Slice&, void* kept) { delete[] static_cast<char*>(kept); };
    static_cast<void>(cache_->Insert(key.text(), copy, charge(value.size()), free));
  }

 protected:
  RocksCache(std::shared_ptr<rocksdb::Cache> cache, std::size_t value_bytes, bool erase_first)
      : cache_(std::move(cache)), value_bytes_(value_bytes), erase_first_(erase_first) {}
  static std::size_t charge(std::size_t value_bytes) { return value_bytes + 16; }
  static constexpr int kShardBits = 4;

 private:
  std::shared_ptr<rocksdb::Cache> cache_;
  std::size_t value_bytes_;
  bool erase_first_;
};

class RocksLru : public RocksCache {
 public:
  explicit RocksLru(Size size)
      : RocksCache(rocksdb::NewLRUCache(size.entries * charge(size.value_bytes), kShardBits, false,
                                        0.0, nullptr, rocksdb::kDefaultToAdaptiveMutex,
                                        rocksdb::kDontChargeCacheMetadata),
                   size.value_bytes, false) {}
};

class RocksClock : public RocksCache {
 public:
  explicit RocksClock(Size size)
      : RocksCache(rocksdb::HyperClockCacheOptions(size.entries * charge(size.value_bytes),
                                                   charge(size.value_bytes), kShardBits, false,
                                                   nullptr, rocksdb::kDontChargeCacheMetadata)
                       .MakeSharedCache(),
                   size.value_bytes, true) {}
};

}  // namespace bench

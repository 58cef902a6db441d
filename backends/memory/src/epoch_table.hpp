// EpochTable: the epochs of one shard, bounded in bytes. Where there is no room, the one
// that was asked for longest ago is forgotten: its tag gets a new one when it is asked for
// again, and what was stored under the old one is a miss. Not thread-safe; its shard locks.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include <larder/entry.hpp>

#include "random.hpp"

namespace larder::memory {

class EpochTable {
 public:
  EpochTable(KeyHash hash, Random& random, std::size_t bytes_max)
      : random_(random), bytes_max_(bytes_max), places_(0, hash) {}

  [[nodiscard]] Epoch get(const Tag& tag);
  [[nodiscard]] Epoch bump(const Tag& tag);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  // What one more epoch adds.
  [[nodiscard]] static std::size_t cost(const Tag& tag) noexcept;

 private:
  struct Item {
    const Tag* tag = nullptr;  // the map's own
    Epoch epoch{};
  };
  using Items = std::list<Item>;

  Items::iterator reach(const Tag& tag);
  [[nodiscard]] Epoch draw() noexcept { return Epoch{random_.next()}; }

  Random& random_;
  const std::size_t bytes_max_;
  Items items_;  // asked for latest first
  std::unordered_map<Tag, Items::iterator, KeyHash> places_;
  std::size_t bytes_ = 0;
};

}  // namespace larder::memory

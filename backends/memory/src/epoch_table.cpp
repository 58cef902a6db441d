#include "epoch_table.hpp"

#include <iterator>

#include "cost.hpp"

namespace larder::memory {

Epoch EpochTable::get(const Tag& tag) { return reach(tag)->epoch; }

Epoch EpochTable::bump(const Tag& tag) {
  const auto item = reach(tag);
  const Epoch old = item->epoch;
  do {
    item->epoch = draw();
  } while (item->epoch == old);
  return item->epoch;
}

EpochTable::Items::iterator EpochTable::reach(const Tag& tag) {
  if (const auto place = places_.find(tag); place != places_.end()) {
    items_.splice(items_.begin(), items_, place->second);
    return place->second;
  }
  bytes_ += cost(tag);
  while (bytes_ > bytes_max_ && !items_.empty()) {
    const auto oldest = places_.find(*items_.back().tag);
    bytes_ -= cost(oldest->first);
    items_.pop_back();
    places_.erase(oldest);
  }
  items_.push_front(Item{.tag = nullptr, .epoch = draw()});
  const auto [place, added] = places_.emplace(tag, items_.begin());
  items_.front().tag = &place->first;
  return items_.begin();
}

std::size_t EpochTable::cost(const Tag& tag) noexcept {
  constexpr std::size_t kNodes =
      heap_bytes(sizeof(Item) + 16) + heap_bytes(sizeof(Tag) + sizeof(Items::iterator) + 16);
  constexpr std::size_t kBuckets = 16;
  return kNodes + kBuckets + text_bytes(tag.text().size());
}

}  // namespace larder::memory

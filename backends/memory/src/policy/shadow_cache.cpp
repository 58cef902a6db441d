#include "shadow_cache.hpp"

#include <bit>

namespace larder::memory {

ShadowCache::ShadowCache(std::size_t cells, std::size_t bytes_max, std::uint64_t seed, Rule rule)
    : bytes_max_(bytes_max),
      queues_(bytes_max, *this, seed, rule),
      cells_(cells),
      buckets_(std::bit_ceil(cells), kNone) {
  for (std::uint32_t at = 0; at < cells; ++at) {
    cells_[at].next = free_;
    free_ = at;
  }
}

const ShadowCache::Cell& ShadowCache::cell_of(const PolicyNode& node) const noexcept {
  return reinterpret_cast<const Cell&>(node);
}

std::uint64_t ShadowCache::hash(const PolicyNode& node) const noexcept {
  return cell_of(node).key.hash();
}

std::size_t ShadowCache::weight(const PolicyNode& node) const noexcept {
  return cell_of(node).key.weight();
}

std::uint32_t& ShadowCache::bucket(std::uint64_t hash) noexcept {
  // Sampled hashes have bits in common: all bits must count.
  return buckets_[((hash * 0x9e3779b97f4a7c15) >> 32U) & (buckets_.size() - 1)];
}

std::uint32_t ShadowCache::find(std::uint64_t hash) noexcept {
  std::uint32_t at = bucket(hash);
  while (at != kNone && cells_[at].key.hash() != hash) {
    at = cells_[at].next;
  }
  return at;
}

void ShadowCache::unlink(std::uint32_t at) noexcept {
  Cell& cell = cells_[at];
  std::uint32_t* link = &bucket(cell.key.hash());
  while (*link != at) {
    link = &cells_[*link].next;
  }
  *link = cell.next;
  cell.next = free_;
  free_ = at;
}

bool ShadowCache::access(HashAndWeight read) {
  if (const std::uint32_t at = find(read.hash()); at != kNone) {
    cells_[at].node.hit();
    return true;
  }
  const std::size_t weight = read.weight();
  while (queues_.size() > 0 && (free_ == kNone || queues_.weight() + weight > bytes_max_)) {
    unlink(static_cast<std::uint32_t>(&cell_of(*queues_.victim().node) - cells_.data()));
  }
  if (weight <= bytes_max_) {
    const std::uint32_t at = free_;
    Cell& cell = cells_[at];
    std::uint32_t& chain = bucket(read.hash());
    free_ = cell.next;
    cell.key = read;
    cell.next = chain;
    chain = at;
    queues_.add(cell.node, read.hash(), weight);
  }
  return false;
}

void ShadowCache::erase(std::uint64_t hash) noexcept {
  if (const std::uint32_t at = find(hash); at != kNone) {
    queues_.remove(cells_[at].node, cells_[at].key.weight());
    unlink(at);
  }
}

std::size_t ShadowCache::bytes() const noexcept {
  return sizeof(*this) + queues_.bytes() + cells_.size() * sizeof(Cell) +
         buckets_.size() * sizeof(std::uint32_t);
}

}  // namespace larder::memory

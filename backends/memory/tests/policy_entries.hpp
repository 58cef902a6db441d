// Entries without values, for tests of the eviction policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "policy/policy.hpp"

namespace larder::memory {

inline std::uint64_t hash_of(std::uint64_t key) noexcept {
  key = (key + 1) * 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 30U)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27U)) * 0x94d049bb133111eb;
  return key ^ (key >> 31U);
}

struct PolicyEntry {
  PolicyNode node;  // first: a node's address is its entry's
  std::uint64_t key = 0;
  std::size_t weight = 0;
};

// A store that keeps nothing but what its policy needs.
class PolicyStore final : public PolicyOwner {
 public:
  explicit PolicyStore(std::size_t bytes_max)
      : bytes_max_(bytes_max), policy(bytes_max, *this, 7) {}

  [[nodiscard]] bool has(std::uint64_t key) const { return entries.contains(key); }

  // True for a hit. What it missed is there afterwards.
  bool access(std::uint64_t key, std::size_t weight = 1000) {
    if (const auto found = entries.find(key); found != entries.end()) {
      Policy::hit(found->second.node);
      policy.note_read(hash_of(key), [&] { return found->second.weight; });
      return true;
    }
    while (policy.weight() + weight > bytes_max_) {
      if (!evict()) {
        return false;
      }
    }
    PolicyEntry& entry = entries[key];
    entry.key = key;
    entry.weight = weight;
    policy.add(entry.node, hash_of(key), weight);
    return false;
  }

  // False where there was nothing left.
  bool evict() {
    PolicyNode* node = policy.victim().node;
    if (node == nullptr) {
      return false;
    }
    entries.erase(of(*node).key);
    return true;
  }

  void erase(std::uint64_t key) {
    const auto found = entries.find(key);
    policy.remove(found->second.node, found->second.weight);
    entries.erase(found);
  }

  static const PolicyEntry& of(const PolicyNode& node) {
    return reinterpret_cast<const PolicyEntry&>(node);
  }
  [[nodiscard]] std::uint64_t hash(const PolicyNode& node) const noexcept override {
    return hash_of(of(node).key);
  }
  [[nodiscard]] std::size_t weight(const PolicyNode& node) const noexcept override {
    return of(node).weight;
  }

 private:
  std::size_t bytes_max_;

 public:
  std::unordered_map<std::uint64_t, PolicyEntry> entries;
  Policy policy;
};

}  // namespace larder::memory

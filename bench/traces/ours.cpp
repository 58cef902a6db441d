// The policy of the memory store: the very class, over entries without values.

#include "policy/policy.hpp"
#include "simulated.hpp"

namespace larder::bench {
namespace {

constexpr std::uint64_t kSeed = 20261123;

// Stands for the store's keyed hash.
std::uint64_t hash_of(std::uint64_t id) {
  id = (id + kSeed) * 0x9e3779b97f4a7c15;
  id = (id ^ (id >> 30U)) * 0xbf58476d1ce4e5b9;
  id = (id ^ (id >> 27U)) * 0x94d049bb133111eb;
  return id ^ (id >> 31U);
}

class Ours final : public Simulated, private memory::PolicyOwner {
 public:
  Ours(std::size_t bytes, std::uint32_t keys)
      : bytes_(bytes), entries_(keys), policy_(bytes, *this, kSeed) {}

  bool access(const Request& request) override {
    Entry& entry = entries_[request.id];
    const std::uint64_t key = hash_of(request.id);
    if (entry.there) {
      memory::Policy::hit(entry.node);
      policy_.note_read(key, [&entry] { return entry.size; });
      return true;
    }
    if (request.size > bytes_) {
      return false;
    }
    while (policy_.weight() + request.size > bytes_) {
      entry_of(*policy_.victim().node).there = false;
    }
    entry.size = request.size;
    entry.there = true;
    policy_.add(entry.node, key, request.size);
    return false;
  }

  void expire(std::uint32_t id) override {
    if (entries_[id].there) {
      policy_.remove(entries_[id].node, entries_[id].size);
      entries_[id].there = false;
    }
  }

 private:
  struct Entry {
    memory::PolicyNode node;  // first: a node's address is its entry's
    std::uint32_t size = 0;
    bool there = false;
  };

  static Entry& entry_of(memory::PolicyNode& node) { return reinterpret_cast<Entry&>(node); }
  static const Entry& entry_of(const memory::PolicyNode& node) {
    return reinterpret_cast<const Entry&>(node);
  }
  std::uint64_t hash(const memory::PolicyNode& node) const noexcept override {
    return hash_of(static_cast<std::uint64_t>(&entry_of(node) - entries_.data()));
  }
  std::size_t weight(const memory::PolicyNode& node) const noexcept override {
    return entry_of(node).size;
  }

  std::size_t bytes_;
  std::vector<Entry> entries_;
  memory::Policy policy_;
};

}  // namespace

Cache make_ours(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<Ours>(bytes, keys);
}

}  // namespace larder::bench

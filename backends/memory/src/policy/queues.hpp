// The queues of one cache, and the rules by which they choose a victim.
//
// As in S3-FIFO, new entries enter a small queue; those read again there move on to the main
// one, the rest leave soon and are remembered; a remembered key that comes back enters the main
// queue at once. So a scan passes through without flushing what is used. Each queue is a list
// for each half octave of weight per use. Rules in the order of age compare the tickets of the
// oldest of each list; the rule by size evicts where age * weight / uses is largest, which is
// the same in one list for all, so the oldest of each list is all that has to be looked at.
//
// Sources: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023; Einziger,
// Friedman, Manes, "TinyLFU", 2017; Blankstein et al., "Hyperbolic Caching", ATC 2017.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "evicted_keys.hpp"
#include "node.hpp"
#include "node_list.hpp"
#include "owner.hpp"
#include "size_level.hpp"
#include "sketch.hpp"

namespace larder::memory {

enum class Order : std::uint8_t {
  age,         // S3-FIFO: what was not read twice in the small queue is evicted
  contest,     // what was read once in the small queue may displace a less popular one of main
  popularity,  // TinyLFU: main is entered by displacing a less popular one, and not otherwise
  size,        // large, old and little used entries go first, whatever their queue
};

struct Rule {
  Order order;
  unsigned small_percent;  // of bytes_max, for the small queue

  bool operator==(const Rule&) const = default;
};

class Queues {
 public:
  Queues(std::size_t bytes_max, const PolicyOwner& owner, std::uint64_t seed, Rule rule)
      : owner_(owner), random_(seed | 1U), bytes_max_(bytes_max), rule_(rule) {}

  // The names mean what they do in policy.hpp.
  void add(PolicyNode& node, std::uint64_t hash, std::size_t weight);
  void prefetch(std::uint64_t hash) const noexcept {
    evicted_.prefetch(hash);
    sketch_.prefetch(hash);
  }
  void replaced(PolicyNode& old, PolicyNode& fresh, std::size_t weight) noexcept;
  void remove(PolicyNode& node, std::size_t weight) noexcept;
  [[nodiscard]] Victim victim() noexcept;

  void follow(Rule rule) noexcept { rule_ = rule; }
  [[nodiscard]] Rule rule() const noexcept { return rule_; }
  void set_bytes_max(std::size_t bytes_max) noexcept { bytes_max_ = bytes_max; }

  [[nodiscard]] std::size_t weight() const noexcept {
    return queues_[0].weight + queues_[1].weight;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return evicted_.bytes() + sketch_.bytes(); }

 private:
  enum Which : std::uint8_t { kSmall, kMain };
  struct Queue {
    std::array<NodeList, kSizeLevels> lists;
    std::uint64_t occupied = 0;  // a bit for each list that is not empty
    std::size_t weight = 0;
  };

  void push(PolicyNode& node, Which which, std::size_t weight) noexcept;
  void unlink(PolicyNode& node, std::size_t weight) noexcept;
  void move_to_main(PolicyNode& node) noexcept;
  Victim evict(PolicyNode& node, std::uint64_t hash) noexcept;
  Victim evict_and_remember(PolicyNode& node) noexcept;
  [[nodiscard]] PolicyNode* oldest(Which which) const noexcept;
  [[nodiscard]] PolicyNode* most_wasteful() const noexcept;
  // What its readers counted since the last look, which it adds to what is known of the node.
  unsigned take_hits(PolicyNode& node) noexcept;

  [[nodiscard]] bool small_is_over() const noexcept;
  [[nodiscard]] bool small_is_far_over() const noexcept;
  [[nodiscard]] bool more_popular(std::uint64_t hash, std::uint64_t than) noexcept;

  // One look at one node: the victim, or none where the node was spared and has moved.
  Victim look() noexcept;
  Victim look_by_age() noexcept;
  Victim look_by_contest() noexcept;
  Victim look_by_size() noexcept;
  Victim look_at_main() noexcept;

  const PolicyOwner& owner_;
  std::uint64_t random_;
  std::size_t bytes_max_;
  Rule rule_;
  std::array<Queue, 2> queues_;
  std::size_t size_ = 0;
  std::uint32_t ticket_ = 0;
  // Until the first victim the tables below are not needed, and take no memory.
  bool evicts_ = false;
  EvictedKeys evicted_;
  Sketch sketch_;
};

}  // namespace larder::memory

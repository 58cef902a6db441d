#include "queues.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace larder::memory {
namespace {

// Looks for one victim before a node goes in spite of its reads: bounds the work.
constexpr int kLooksMax = 64;
// Reads in the small queue that lead to the main one. The first may end the load that brought it.
constexpr std::uint8_t kHitsToMain = 2;
constexpr unsigned kUsesMax = 255;
// A key this popular is sometimes let in against one more popular, so that nobody can keep
// keys out by asking for others. Caffeine does so too.
constexpr unsigned kChanceCountMin = 6;
constexpr std::uint64_t kChanceMask = 127;
// The small queue may be over its share by that part of the store and still has to contest.
constexpr std::size_t kSlackShare = 32;

std::size_t lowest_bit(std::uint64_t bits) noexcept {
  return static_cast<std::size_t>(std::countr_zero(bits));
}

std::uint8_t level_of(std::size_t weight, unsigned uses) noexcept {
  return size_level(weight / (1 + uses));
}

}  // namespace

void Queues::push(PolicyNode& node, Which which, std::size_t weight) noexcept {
  Queue& queue = queues_[which];
  node.queue_ = which;
  node.level_ = level_of(weight, node.uses_);
  queue.lists[node.level_].push(node, ++ticket_);
  queue.occupied |= std::uint64_t{1} << node.level_;
  queue.weight += weight;
}

void Queues::unlink(PolicyNode& node, std::size_t weight) noexcept {
  Queue& queue = queues_[node.queue_];
  NodeList& list = queue.lists[node.level_];
  list.remove(node);
  if (list.oldest() == nullptr) {
    queue.occupied &= ~(std::uint64_t{1} << node.level_);
  }
  queue.weight -= weight;
  node.queue_ = PolicyNode::kNoQueue;
}

void Queues::add(PolicyNode& node, std::uint64_t hash, std::size_t weight) {
  bool back = false;
  if (evicts_) {
    evicted_.reserve(size_ + 1);
    sketch_.reserve(size_ + 1);
    back = evicted_.take(hash, size_);
    sketch_.add(hash, 1);
  }
  node.uses_ = 0;
  node.hits_.store(0, std::memory_order_relaxed);
  push(node, back && rule_.order != Order::popularity ? kMain : kSmall, weight);
  ++size_;
}

void Queues::replaced(PolicyNode& old, PolicyNode& fresh, std::size_t weight) noexcept {
  const auto which = static_cast<Which>(old.queue_);
  fresh.uses_ = old.uses_;
  fresh.hits_.store(old.hits_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  unlink(old, owner_.weight(old));
  push(fresh, which, weight);
}

void Queues::remove(PolicyNode& node, std::size_t weight) noexcept {
  unlink(node, weight);
  --size_;
}

Victim Queues::evict(PolicyNode& node, std::uint64_t hash) noexcept {
  remove(node, owner_.weight(node));
  return {.node = &node, .hash = hash};
}

Victim Queues::evict_and_remember(PolicyNode& node) noexcept {
  const std::uint64_t hash = owner_.hash(node);
  evicted_.add(hash);
  return evict(node, hash);
}

PolicyNode* Queues::oldest(Which which) const noexcept {
  const Queue& queue = queues_[which];
  PolicyNode* found = nullptr;
  std::uint32_t age_max = 0;
  for (std::uint64_t lists = queue.occupied; lists != 0; lists &= lists - 1) {
    const NodeList& list = queue.lists[lowest_bit(lists)];
    const std::uint32_t age = ticket_ - list.oldest_ticket();
    if (found == nullptr || age > age_max) {
      found = list.oldest();
      age_max = age;
    }
  }
  return found;
}

PolicyNode* Queues::most_wasteful() const noexcept {
  PolicyNode* found = nullptr;
  std::uint64_t waste_max = 0;
  for (const Queue& queue : queues_) {
    for (std::uint64_t lists = queue.occupied; lists != 0; lists &= lists - 1) {
      const std::size_t level = lowest_bit(lists);
      const NodeList& list = queue.lists[level];
      const std::uint64_t age = ticket_ - list.oldest_ticket();
      const std::uint64_t waste = (age + 1) * level_weight(level);
      if (waste > waste_max) {
        found = list.oldest();
        waste_max = waste;
      }
    }
  }
  return found;
}

unsigned Queues::take_hits(PolicyNode& node) noexcept {
  const unsigned hits = node.hits_.load(std::memory_order_relaxed);
  if (hits > 0) {
    node.hits_.store(0, std::memory_order_relaxed);
    node.uses_ = static_cast<std::uint8_t>(std::min(kUsesMax, node.uses_ + hits));
    sketch_.add(owner_.hash(node), hits);
  }
  return hits;
}

void Queues::move_to_main(PolicyNode& node) noexcept {
  const std::size_t weight = owner_.weight(node);
  unlink(node, weight);
  push(node, kMain, weight);
}

bool Queues::small_is_over() const noexcept {
  const Queue& small = queues_[kSmall];
  return small.occupied != 0 &&
         (queues_[kMain].occupied == 0 || small.weight > bytes_max_ / 100 * rule_.small_percent);
}

bool Queues::small_is_far_over() const noexcept {
  const std::size_t share = bytes_max_ / 100 * rule_.small_percent;
  return queues_[kSmall].weight > share + bytes_max_ / kSlackShare;
}

Victim Queues::look_at_main() noexcept {
  PolicyNode* node = oldest(kMain);
  // One read saves it from one look, as in S3-FIFO: a node read often outlives several.
  const std::uint8_t hits = node->hits_.load(std::memory_order_relaxed);
  if (hits == 0) {
    return evict(*node, owner_.hash(*node));
  }
  node->hits_.store(hits - 1, std::memory_order_relaxed);
  node->uses_ = static_cast<std::uint8_t>(std::min(kUsesMax, node->uses_ + 1U));
  sketch_.add(owner_.hash(*node), 1);
  move_to_main(*node);
  return {};
}

Victim Queues::look_by_age() noexcept {
  if (!small_is_over()) {
    return look_at_main();
  }
  PolicyNode* node = oldest(kSmall);
  if (take_hits(*node) >= kHitsToMain) {
    move_to_main(*node);
    return {};
  }
  return evict_and_remember(*node);
}

bool Queues::more_popular(std::uint64_t hash, std::uint64_t than) noexcept {
  const unsigned count = sketch_.count(hash);
  if (count > sketch_.count(than)) {
    return true;
  }
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 7U;
  random_ ^= random_ << 17U;
  return count >= kChanceCountMin && (random_ & kChanceMask) == 0;
}

Victim Queues::look_by_contest() noexcept {
  if (!small_is_over()) {
    return look_at_main();
  }
  PolicyNode* node = oldest(kSmall);
  const bool read = take_hits(*node) > 0;
  PolicyNode* displaced = oldest(kMain);
  if (displaced == nullptr || small_is_far_over()) {
    // Main is below its share, as after a change of the rule: there is room without a contest.
    move_to_main(*node);
    return {};
  }
  if (read || rule_.order == Order::popularity) {
    if (displaced->hits_.load(std::memory_order_relaxed) > 0) {
      return look_at_main();
    }
    const std::uint64_t than = owner_.hash(*displaced);
    sketch_.prefetch(than);
    if (more_popular(owner_.hash(*node), than)) {
      move_to_main(*node);
      return evict(*displaced, than);
    }
  }
  return evict_and_remember(*node);
}

Victim Queues::look_by_size() noexcept {
  PolicyNode* node = most_wasteful();
  if (take_hits(*node) > 0) {
    move_to_main(*node);
    return {};
  }
  return evict_and_remember(*node);
}

Victim Queues::look() noexcept {
  switch (rule_.order) {
    case Order::age:
      return look_by_age();
    case Order::contest:
    case Order::popularity:
      return look_by_contest();
    case Order::size:
      return look_by_size();
  }
  std::unreachable();
}

Victim Queues::victim() noexcept {
  if (size_ == 0) {
    return {};
  }
  evicts_ = true;
  for (int looks = 0; looks < kLooksMax; ++looks) {
    if (const Victim found = look(); found.node != nullptr) {
      return found;
    }
  }
  PolicyNode* last = oldest(queues_[kMain].occupied != 0 ? kMain : kSmall);
  return evict(*last, owner_.hash(*last));
}

}  // namespace larder::memory

// MemoryCacheBackend::Impl: the lanes, the shards, the hubs, and what every verb does first and
// last.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <larder/memory/backend.hpp>

#include "lane.hpp"
#include "message_hub.hpp"
#include "shard.hpp"
#include "watch_hub.hpp"

namespace larder {

class MemoryCacheBackend::Impl {
 public:
  // Items in one call: each takes a microsecond or less, so no call holds a thread long.
  static constexpr std::size_t kBatchMax = 1000;

  Impl(Clock& clock, memory::Bounds bounds)
      : clock_(clock),
        common_{.bounds = bounds,
                .watches = std::make_shared<memory::WatchHub>(bounds.watch_bytes)},
        values_(bounds, common_.hash, common_.random, clock, *common_.watches),
        messages_(std::make_shared<memory::MessageHub>(common_.hash, bounds.message_bytes)),
        capabilities_{.conditions = true,
                      .leases = true,
                      .counters = true,
                      .quotas = true,
                      .epochs = true,
                      .events = true,
                      .messages = true,
                      .watch = true,
                      .scan = true,
                      .value_bytes_max = bounds.value_bytes_max,
                      .batch_max = kBatchMax} {
    for (std::size_t i = 0; i < bounds.lanes; ++i) {
      lanes_.push_back(std::make_unique<memory::Lane>(common_, values_));
    }
    for (std::size_t i = 0; i < bounds.shards; ++i) {
      shards_.push_back(std::make_unique<memory::Shard>(common_, values_));
    }
  }

  // Counts a call that ends in an error.
  std::unexpected<Error> refuse(const Error& error) {
    errors_.fetch_add(1, std::memory_order_relaxed);
    return std::unexpected(error);
  }

  Result<void> admit(std::size_t items, Deadline deadline) {
    if (closed_.load(std::memory_order_acquire)) {
      return fail(Errc::closed, "memory store: closed");
    }
    if (items > kBatchMax) {
      return fail(Errc::invalid_argument,
                  "batch: more than " + std::to_string(kBatchMax) + " items");
    }
    if (has_passed(deadline)) {
      return fail(Errc::timeout, "memory store: the deadline had passed already");
    }
    return {};
  }

  // The coarse clock is cheap, and is asked alone where the deadline is not near.
  bool has_passed(Deadline deadline) const {
    return deadline != Deadline::max() && clock_.coarse_now() >= deadline - Clock::kCoarseBehind &&
           clock_.now() >= deadline;
  }

  memory::Target target(const Key& key) const {
    return memory::Target{.key = key, .hash = common_.hash(key), .now = clock_.now()};
  }
  memory::Lane& lane(const memory::Target& at) { return *lanes_[at.hash & (lanes_.size() - 1)]; }
  memory::Shard& shard(const memory::Target& at) {
    return *shards_[at.hash & (shards_.size() - 1)];
  }

  // A batch verb: `act` answers one item.
  template <typename T, typename Item, typename Act>
  Batch<T> each(std::span<const Item> items, Deadline deadline, const Act& act) {
    if (const auto admitted = admit(items.size(), deadline); !admitted) {
      return fail_all<T>(items.size(), refuse(admitted.error()).error());
    }
    Batch<T> answers;
    answers.reserve(items.size());
    bool failed = false;
    for (const Item& item : items) {
      answers.push_back(act(item));
      failed = failed || !answers.back();
    }
    errors_.fetch_add(failed ? 1 : 0, std::memory_order_relaxed);
    return answers;
  }

  // A verb about one thing.
  template <typename T, typename Act>
  Result<T> one(std::size_t items, Deadline deadline, const Act& act) {
    if (const auto admitted = admit(items, deadline); !admitted) {
      return refuse(admitted.error());
    }
    Result<T> answer = act();
    errors_.fetch_add(answer ? 0 : 1, std::memory_order_relaxed);
    return answer;
  }

  Result<ScanPage> scan(const ScanRequest& request);

  // Gives back what has ended first.
  BackendStats stats() {
    BackendStats stats{.errors = errors_.load(std::memory_order_relaxed)};
    values_.sweep_all(clock_.now());
    for (const auto& lane : lanes_) {
      memory::reclaim_all(*lane, clock_.now());
      stats.writes += lane->writes();
    }
    for (const auto& shard : shards_) {
      memory::reclaim_all(*shard, clock_.now());
    }
    values_.count_in(stats);
    stats.bytes = values_.bytes() + messages_->bytes() + common_.watches->bytes();
    return stats;
  }

  void close() {
    closed_.store(true, std::memory_order_release);
    messages_->close();
    common_.watches->close();
  }

  Clock& clock_;
  memory::Common common_;
  memory::Values values_;
  std::shared_ptr<memory::MessageHub> messages_;
  Capabilities capabilities_;
  std::vector<std::unique_ptr<memory::Lane>> lanes_;
  std::vector<std::unique_ptr<memory::Shard>> shards_;
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace larder

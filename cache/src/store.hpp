// Store: the backend as the cache asks it: batches of any size, failures counted, an outage
// and its end each logged once.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string_view>

#include <larder/backend.hpp>
#include <larder/log.hpp>

#include "counters.hpp"

namespace larder {

// Any thread. References outlive it. The verbs keep the port's rules; keys and tags are
// views, read until the awaitable completes.
class Store {
 public:
  Store(CacheBackend& backend, LogSink& log, Counters& counters) noexcept;

  [[nodiscard]] const Capabilities& capabilities() const noexcept {
    return backend_.capabilities();
  }
  [[nodiscard]] std::string_view name() const noexcept { return backend_.name(); }
  // Whether the last such call that told anything of the store failed.
  [[nodiscard]] bool reads_fail() const noexcept { return reads_.down; }
  [[nodiscard]] bool writes_fail() const noexcept { return writes_.down; }

  // Whether loads are agreed upon with other nodes.
  [[nodiscard]] bool has_shared_leases() const noexcept {
    return capabilities().shared && capabilities().leases;
  }

  // Whether each question costs a round trip, so that two are better asked at once. Not where
  // copies in this process answer most of them.
  [[nodiscard]] bool is_far() const noexcept { return capabilities().shared && !has_near_tier_; }

  [[nodiscard]] awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                                           Deadline deadline);
  [[nodiscard]] awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline);
  [[nodiscard]] awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline);
  // Makes it stale now.
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                                            Deadline deadline);
  [[nodiscard]] awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline);
  [[nodiscard]] awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                                             Deadline deadline);
  [[nodiscard]] awaitable<Batch<bool>> release(std::span<const LeaseHold> leases,
                                               Deadline deadline);
  [[nodiscard]] awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline);
  [[nodiscard]] awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline);

 private:
  // Reads and writes fail apart (a full store still answers), so each has its own state:
  // one for both would change, and log, with every call.
  struct Health {
    std::string_view direction;
    std::atomic<bool> down{false};
  };

  void note(Health& health, const Error* error) noexcept;
  // Asks in batches that the backend takes, and notes each answer.
  template <typename T, typename Item, typename Ask>
  awaitable<Batch<T>> in_batches(Health& health, std::span<const Item> items, Ask ask);

  CacheBackend& backend_;
  const bool has_near_tier_;
  LogSink& log_;
  Counters& counters_;
  Health reads_{.direction = "reads"};
  Health writes_{.direction = "writes"};
};

}  // namespace larder

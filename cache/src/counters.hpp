// The counts behind Cache::stats().
#pragma once

#include <atomic>
#include <cstdint>

#include <larder/cache/policy.hpp>
#include <larder/cache/stats.hpp>

namespace larder {

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { count_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> count_{0};
};

struct Counters {
  Counter hits;
  Counter misses_absent;
  Counter misses_expired;
  Counter misses_invalidated;
  Counter misses_unreadable;
  Counter misses_unavailable;
  Counter loads;
  Counter load_failures;
  Counter load_timeouts;
  Counter loads_deserted;
  Counter loads_refused;
  Counter not_modified;
  Counter early_refreshes;
  Counter revalidations;
  Counter coalesced;
  Counter errors_shared;
  Counter stale_after_failure;
  Counter stale_while_revalidating;
  Counter stale_after_soft_deadline;
  Counter stale_for_overload;
  Counter leases;
  Counter lease_waits;
  Counter leases_void;
  Counter invalidations;
  Counter clears;
  Counter store_errors;
  Counter store_outages;

  // A hit where the cause is none, else a miss.
  void add_lookup(MissCause cause) noexcept;
  [[nodiscard]] CacheStats snapshot() const noexcept;
};

}  // namespace larder

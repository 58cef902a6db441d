// What a Cache and the layers under it have done. As Prometheus text: metrics.hpp.
//
// Counts run since the object was made and never fall; what is true now says so. Each field
// is read by itself, so fields of one snapshot may be a few calls apart.
#pragma once

#include <cstdint>

namespace larder {

// Every lookup is one hit or one miss; a stale entry is a miss whether it is served or not.
struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses_absent = 0;
  std::uint64_t misses_expired = 0;
  std::uint64_t misses_invalidated = 0;
  std::uint64_t misses_unreadable = 0;   // damaged, or of another type
  std::uint64_t misses_unavailable = 0;  // the store failed

  // ---- loads: each that was started ends in one of four ways, or runs ----
  std::uint64_t loads = 0;            // started
  std::uint64_t load_failures = 0;    // errors, exceptions
  std::uint64_t load_timeouts = 0;    // abandoned at their deadline
  std::uint64_t loads_deserted = 0;   // abandoned when nobody waited any more, or by close()
  std::uint64_t loads_running = 0;    // now
  std::uint64_t loads_refused = 0;    // not started: too many ran in the namespace
  std::uint64_t not_modified = 0;     // loads that kept the stale entry's value
  std::uint64_t early_refreshes = 0;  // loads started while the entry was fresh
  std::uint64_t revalidations = 0;    // loads started behind a stale answer

  // ---- callers ----
  std::uint64_t coalesced = 0;            // shared another's load
  std::uint64_t errors_shared = 0;        // answered from a failure a moment ago
  std::uint64_t stale_after_failure = 0;  // the load failed, or was too late
  std::uint64_t stale_while_revalidating = 0;
  std::uint64_t stale_after_soft_deadline = 0;
  std::uint64_t stale_for_overload = 0;  // its load was refused

  // ---- leases across nodes ----
  std::uint64_t leases = 0;       // granted to this node
  std::uint64_t lease_waits = 0;  // loads that waited for another node's
  std::uint64_t leases_void = 0;  // lost before the value was stored, which it then was not

  // ---- the rest ----
  std::uint64_t invalidations = 0;  // tags bumped
  std::uint64_t clears = 0;         // namespaces cleared
  std::uint64_t store_errors = 0;   // calls to the store that failed
  std::uint64_t store_outages = 0;  // times it stopped answering, reads and writes apart
  bool store_reads_fail = false;    // now: the cache goes on without the store
  bool store_writes_fail = false;   // now

  [[nodiscard]] std::uint64_t stale_served() const noexcept {
    return stale_after_failure + stale_while_revalidating + stale_after_soft_deadline +
           stale_for_overload;
  }
};

// A circuit breaker; its reads and its writes break apart.
struct BreakerStats {
  struct Direction {
    std::uint64_t opens = 0;
    std::uint64_t refused = 0;  // calls answered at once while it was open
    std::uint64_t probes = 0;   // calls let through to see whether the store is back
    bool open = false;          // now; also while it probes
  };
  Direction reads{};
  Direction writes{};
};

// A near tier.
struct NearTierStats {
  std::uint64_t hits_near = 0;      // answered by the copy in this process
  std::uint64_t hits_remote = 0;    // answered by the store behind it
  std::uint64_t misses = 0;         // in neither
  std::uint64_t coalesced = 0;      // shared another's fetch
  std::uint64_t fills = 0;          // copies taken
  std::uint64_t fills_killed = 0;   // not taken: changed while it was fetched
  std::uint64_t fills_refused = 0;  // not taken: a bound was met
  std::uint64_t drops = 0;          // copies dropped for a change or an own write
  std::uint64_t watch_losses = 0;   // everything dropped, since changes may have been missed
  bool live = false;                // now: changes arrive, or none are needed
};

// A codec.
struct CodecStats {
  std::uint64_t compressed = 0;    // values
  std::uint64_t bytes_before = 0;  // of those
  std::uint64_t bytes_after = 0;
  std::uint64_t left_plain = 0;  // large enough, but compression saved too little
  std::uint64_t encrypted = 0;
  std::uint64_t unreadable = 0;  // damaged, or under a key that is not known
};

}  // namespace larder

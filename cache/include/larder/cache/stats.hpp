// What a Cache has done, counted since it was made.
#pragma once

#include <cstdint>

namespace larder {

struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses_absent = 0;
  std::uint64_t misses_expired = 0;
  std::uint64_t misses_invalidated = 0;
  std::uint64_t misses_unavailable = 0;
  std::uint64_t loads = 0;          // loaders started
  std::uint64_t load_failures = 0;  // errors, exceptions
  std::uint64_t load_timeouts = 0;  // abandoned at their deadline
  std::uint64_t coalesced = 0;      // callers who shared another's load
  std::uint64_t stale_served = 0;
  std::uint64_t invalidations = 0;  // tags bumped
  std::uint64_t store_errors = 0;   // calls to the store that failed
};

}  // namespace larder

#include "counters.hpp"

namespace larder {

void Counters::add_lookup(MissCause cause) noexcept {
  switch (cause) {
    case MissCause::none:
      return hits.add();
    case MissCause::absent:
      return misses_absent.add();
    case MissCause::expired:
      return misses_expired.add();
    case MissCause::invalidated:
      return misses_invalidated.add();
    case MissCause::unreadable:
      return misses_unreadable.add();
    case MissCause::unavailable:
      return misses_unavailable.add();
  }
}

CacheStats Counters::snapshot() const noexcept {
  return CacheStats{
      .hits = hits.count(),
      .misses_absent = misses_absent.count(),
      .misses_expired = misses_expired.count(),
      .misses_invalidated = misses_invalidated.count(),
      .misses_unreadable = misses_unreadable.count(),
      .misses_unavailable = misses_unavailable.count(),
      .loads = loads.count(),
      .load_failures = load_failures.count(),
      .load_timeouts = load_timeouts.count(),
      .coalesced = coalesced.count(),
      .stale_after_failure = stale_after_failure.count(),
      .invalidations = invalidations.count(),
      .store_errors = store_errors.count(),
      .store_outages = store_outages.count(),
  };
}

}  // namespace larder

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
      .loads_deserted = loads_deserted.count(),
      .loads_refused = loads_refused.count(),
      .not_modified = not_modified.count(),
      .early_refreshes = early_refreshes.count(),
      .revalidations = revalidations.count(),
      .coalesced = coalesced.count(),
      .errors_shared = errors_shared.count(),
      .stale_after_failure = stale_after_failure.count(),
      .stale_while_revalidating = stale_while_revalidating.count(),
      .stale_after_soft_deadline = stale_after_soft_deadline.count(),
      .stale_for_overload = stale_for_overload.count(),
      .leases = leases.count(),
      .lease_waits = lease_waits.count(),
      .leases_void = leases_void.count(),
      .invalidations = invalidations.count(),
      .clears = clears.count(),
      .store_errors = store_errors.count(),
      .store_outages = store_outages.count(),
  };
}

}  // namespace larder

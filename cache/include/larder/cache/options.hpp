// How a Cache behaves as a whole.
#pragma once

#include <cstddef>

#include <optional>

#include <larder/cache/breaker_options.hpp>
#include <larder/clock.hpp>

namespace larder {

struct CacheOptions {
  // Most loads at once in one namespace; a call of get_or_load_many is one. Beyond it callers
  // get a stale entry, or Errc::overloaded. A loader that hangs counts until it really ends.
  // At least 1.
  std::size_t loads_max = 1024;
  // How long another node waits for a node that died while it was loading: leases are held
  // for so long and renewed three times within it. 30 ms to 1 h.
  milliseconds lease_hold{3000};
  // The circuit breaker around a store that can be down: one that is shared or durable, and
  // has no breaker in its stack yet. nullopt = none.
  std::optional<BreakerOptions> breaker{BreakerOptions()};
};

}  // namespace larder

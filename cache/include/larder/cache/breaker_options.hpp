// When a circuit breaker opens, and how it tries again: breaker.hpp.
#pragma once

#include <cstdint>

#include <larder/clock.hpp>
#include <larder/error.hpp>

namespace larder {

// Opens on whichever comes first: `failures_max` failures in a row, or in the last `window`
// a share of `failure_share` of `window_calls_min` or more calls.
struct BreakerOptions {
  std::uint32_t failures_max = 5;       // 1 to 1,000,000
  double failure_share = 0.5;           // above 0, up to 1
  std::uint32_t window_calls_min = 20;  // 1 to 1,000,000
  milliseconds window{10'000};          // 100 ms to 1 h
  milliseconds pause_first{500};        // at most this after it opens; 1 ms to pause_max
  milliseconds pause_max{30'000};       // up to 1 h
  milliseconds probe_patience{30'000};  // a probe that has not ended by then is replaced
};

// invalid_argument naming the first option that is out of its range.
[[nodiscard]] Result<void> check(const BreakerOptions& options);

}  // namespace larder

// Whether and how long a value is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <larder/cache/options.hpp>
#include <larder/cache/policy.hpp>
#include <larder/capabilities.hpp>

namespace larder {

// What is drawn at random. Any thread.
class Jitter {
 public:
  Jitter();

  // Evenly between 0 and 1, which it never is.
  [[nodiscard]] double fraction() noexcept;

  // Down to (1 - share) of the span; at least 1 ms of a span above 0.
  [[nodiscard]] milliseconds shorten(milliseconds span, double share) noexcept;
  // Full jitter: any part of the span, so that many who wait for one thing do not come back
  // to it together.
  [[nodiscard]] milliseconds any_part_of(milliseconds span) noexcept { return shorten(span, 1); }

 private:
  std::atomic<std::uint64_t> state_;
};

// The policy's life for what a loader brought, unless the loader set its own. Never above
// Life::kTotalMax.
[[nodiscard]] Life life_of(const Loaded& loaded, const Policy& policy, Jitter& jitter) noexcept;

// The chance that XFetch renews an entry on a hit: `cost * beta * -ln(fraction) >= left`.
[[nodiscard]] double early_refresh_chance(const Found& found, double beta) noexcept;

// The stale entry's value for a new life, instead of a loader's `not_modified`.
[[nodiscard]] Loaded kept_from(const Found& stale, const Loaded& loaded);

// The largest value that a store keeps under this policy.
[[nodiscard]] std::size_t value_bytes_max(const Policy& policy, const Capabilities& store) noexcept;

// Names the first field that is out of its range, or what the store lacks for it.
[[nodiscard]] Result<void> check(const Policy& policy, const Capabilities& store);
// Names the first option that is out of its range.
[[nodiscard]] Result<void> check(const CacheOptions& options);

}  // namespace larder

// Whether and how long a value is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <larder/cache/policy.hpp>
#include <larder/capabilities.hpp>

namespace larder {

// Shortens durations by a random part. Any thread.
class Jitter {
 public:
  Jitter();

  // Down to (1 - share) of the span; at least 1 ms of a span above 0.
  [[nodiscard]] milliseconds shorten(milliseconds span, double share) noexcept;

 private:
  std::atomic<std::uint64_t> state_;
};

// The policy's life for what a loader brought, unless the loader set its own. Never above
// Life::kTotalMax.
[[nodiscard]] Life life_of(const Loaded& loaded, const Policy& policy, Jitter& jitter) noexcept;

// The largest value that a store keeps under this policy.
[[nodiscard]] std::size_t value_bytes_max(const Policy& policy, const Capabilities& store) noexcept;

// Names the first field that is out of its range, or what the store lacks for it.
[[nodiscard]] Result<void> check(const Policy& policy, const Capabilities& store);

}  // namespace larder

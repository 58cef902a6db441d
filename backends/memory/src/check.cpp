#include "check.hpp"

#include <chrono>
#include <string>

namespace larder::memory {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::unexpected<Error> invalid(std::string context) {
  return fail(Errc::invalid_argument, std::move(context));
}

}  // namespace

Result<void> check_entry(const Entry& entry, std::size_t value_bytes_max) {
  if (entry.value.size() > value_bytes_max) {
    return fail(Errc::too_large, "value: " + std::to_string(entry.value.size()) +
                                     " bytes, the store takes up to " +
                                     std::to_string(value_bytes_max));
  }
  if (entry.life.total() > Life::kTotalMax) {
    return invalid("life: fresh and stale together over 10 years");
  }
  if (entry.epochs.size() > Entry::kTagsMax) {
    return invalid("epochs: more than " + std::to_string(Entry::kTagsMax));
  }
  return {};
}

Result<void> check_hold(milliseconds hold) {
  if (hold < milliseconds(1) || hold > hours(1)) {
    return invalid("hold: expected 1 ms to 1 h");
  }
  return {};
}

Result<void> check_addition(const Addition& addition) {
  if (addition.life < milliseconds(0) || addition.life > Life::kTotalMax) {
    return invalid("life: expected 0 to 10 years");
  }
  return {};
}

Result<void> check_quota(const QuotaRequest& request) {
  constexpr std::uint32_t kBurstMax = 1'000'000;
  if (request.quota.burst < 1 || request.quota.burst > kBurstMax) {
    return invalid("burst: expected 1 to 1000000");
  }
  if (request.quota.period < milliseconds(1) || request.quota.period > hours(24 * 30)) {
    return invalid("period: expected 1 ms to 30 days");
  }
  if (request.cost > request.quota.burst) {
    return invalid("cost: above burst, so it could never be allowed");
  }
  return {};
}

Result<void> check_log(const LogBounds& bounds, std::size_t payload_size) {
  if (bounds.events_max == 0 || bounds.bytes_max == 0 || bounds.age_max <= milliseconds(0) ||
      bounds.age_max > Life::kTotalMax) {
    return invalid("log bounds: expected each above zero, and an age of at most 10 years");
  }
  if (payload_size > bounds.bytes_max) {
    return fail(Errc::too_large, "event payload: over the log's bytes_max");
  }
  return {};
}

}  // namespace larder::memory

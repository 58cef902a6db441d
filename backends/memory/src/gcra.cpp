#include "gcra.hpp"

#include <algorithm>

namespace larder::memory {
namespace {

using std::chrono::nanoseconds;

Grains divide_up(Grains dividend, Grains divisor) { return (dividend + divisor - 1) / divisor; }

milliseconds milliseconds_up(Grains grains, std::uint32_t burst) {
  return milliseconds(static_cast<milliseconds::rep>(divide_up(grains, Grains{1'000'000} * burst)));
}

// In grains of the given burst, rounded up.
Grains convert(const QuotaState& state, std::uint32_t burst) {
  return state.burst == burst ? state.full_at : divide_up(state.full_at * burst, state.burst);
}

}  // namespace

QuotaDecision decide(const QuotaState* state, const Quota& quota, std::uint32_t cost,
                     SteadyTime now) {
  const Grains unit = nanoseconds(quota.period).count();
  const Grains whole = unit * quota.burst;
  const Grains present = Grains{nanoseconds(now.time_since_epoch()).count()} * quota.burst;
  const Grains full_at = state == nullptr
                             ? present
                             : std::clamp(convert(*state, quota.burst), present, present + whole);
  const Grains full_after = full_at + unit * cost;
  const bool allowed = full_after - present <= whole;
  const Grains left_at = allowed ? full_after : full_at;

  QuotaDecision decision;
  decision.answer.allowed = allowed;
  decision.answer.remaining = static_cast<std::uint32_t>((whole - (left_at - present)) / unit);
  decision.answer.reset_after = milliseconds_up(left_at - present, quota.burst);
  if (!allowed) {
    decision.answer.retry_after = milliseconds_up(full_after - whole - present, quota.burst);
  } else if (cost > 0) {
    decision.taken = QuotaState{.full_at = full_after, .burst = quota.burst};
    decision.full_at =
        SteadyTime(nanoseconds(static_cast<nanoseconds::rep>(divide_up(full_after, quota.burst))));
  }
  return decision;
}

}  // namespace larder::memory

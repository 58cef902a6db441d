// GCRA: the generic cell rate algorithm (ITU-T I.371) in exact integers.
//
// One unit of a quota takes period / burst of time to come back, which is no whole number
// of nanoseconds. So time is counted in "grains" of 1 / burst nanoseconds: in them a unit
// takes exactly `period` nanoseconds' worth of grains, and nothing is ever rounded but the
// durations of an answer (up).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <larder/verbs.hpp>

namespace larder::memory {

// 30 days of nanoseconds times a burst of a million, plus decades of uptime, need 91 bits.
__extension__ typedef __int128 Grains;

// What is kept of a quota: when its full burst is there again, on the steady clock.
struct QuotaState {
  Grains full_at = 0;
  std::uint32_t burst = 1;  // says what a grain is
};

struct QuotaDecision {
  QuotaAnswer answer;
  // What to keep; nullopt: what was there stays.
  std::optional<QuotaState> taken;
  SteadyTime full_at{};  // of `taken`, rounded up: from then on it needs not be kept
};

// `state` null: the full burst is there. A state of another quota is carried over: what
// is missing stays missing for as long, but at most the new burst.
[[nodiscard]] QuotaDecision decide(const QuotaState* state, const Quota& quota, std::uint32_t cost,
                                   SteadyTime now);

}  // namespace larder::memory

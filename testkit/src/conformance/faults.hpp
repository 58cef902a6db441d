// The checks of faults, one list a kind of store that can suffer them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/probes.hpp"
#include "conformance/trial.hpp"

namespace larder::testkit {

// Of every store.
[[nodiscard]] std::vector<Check> cancellation_checks();
[[nodiscard]] std::vector<Check> clock_checks();

// A call of a verb that runs beside the check.
struct RunningProbe {
  std::string_view verb;
  Started<std::optional<Error>> call;
};

// Starts one call of every verb that the store has, and lets them run until they wait.
[[nodiscard]] awaitable<std::vector<RunningProbe>> start_all_verbs(Trial& trial, Deadline deadline);

// Pings until the store answers; ends the check where it does not come back by itself.
[[nodiscard]] awaitable<void> wait_until_it_answers(Trial& trial);

}  // namespace larder::testkit

// The checks of faults, one list a kind of store that can suffer them.
#pragma once

#include <functional>
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

// Whether it comes true within a few seconds of real time. What has to end now is waited for
// in this way: a verb that hangs is to be named, and the fault that it suffers to be undone.
[[nodiscard]] awaitable<bool> comes_true(const std::function<bool()>& done);
// Whether all of them have ended by then.
[[nodiscard]] awaitable<bool> all_end(const std::vector<RunningProbe>& running);
// Judges the answers of calls that have to end now; one that has not is a violation.
using Judge = std::function<void(const RunningProbe& one, const std::optional<Error>& error)>;
[[nodiscard]] awaitable<void> judge_all(Trial& trial, std::vector<RunningProbe>& running,
                                        std::string_view when, const Judge& judge);

// The deadline of a call that has to end long before.
[[nodiscard]] Deadline much_later(Trial& trial);
// Ends the check where such a call hangs, once it has run into that deadline.
[[nodiscard]] awaitable<void> must_end_now(Trial& trial, const std::function<bool()>& ended,
                                           std::string_view sentence);

// Pings until the store answers; ends the check where it does not come back by itself.
[[nodiscard]] awaitable<void> wait_until_it_answers(Trial& trial);

}  // namespace larder::testkit

// The checks of each verb group, one file a group; conformance_checks() joins them.
#pragma once

#include <vector>

#include "conformance/trial.hpp"

namespace larder::testkit {

[[nodiscard]] std::vector<Check> verb_checks();
[[nodiscard]] std::vector<Check> value_checks();
[[nodiscard]] std::vector<Check> life_checks();
[[nodiscard]] std::vector<Check> condition_checks();
[[nodiscard]] std::vector<Check> lease_checks();
[[nodiscard]] std::vector<Check> void_lease_checks();
[[nodiscard]] std::vector<Check> counter_checks();
[[nodiscard]] std::vector<Check> quota_checks();
[[nodiscard]] std::vector<Check> linearisability_checks();
[[nodiscard]] std::vector<Check> epoch_checks();
[[nodiscard]] std::vector<Check> event_checks();
[[nodiscard]] std::vector<Check> event_bound_checks();
[[nodiscard]] std::vector<Check> message_checks();
[[nodiscard]] std::vector<Check> watch_checks();
[[nodiscard]] std::vector<Check> scan_checks();
[[nodiscard]] std::vector<Check> care_checks();
[[nodiscard]] std::vector<Check> sharing_checks();

}  // namespace larder::testkit

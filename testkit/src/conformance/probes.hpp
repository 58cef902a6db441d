// One harmless call of each verb: is it there, does it obey deadlines and close()?
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "conformance/trial.hpp"

namespace larder::testkit {

struct VerbProbe {
  std::string_view verb;
  std::string_view capability;
  // nullptr: every store has the verb.
  bool Capabilities::* needs;
  // The error that the verb answers, if any.
  awaitable<std::optional<Error>> (*call)(Trial& trial, Deadline deadline);

  [[nodiscard]] bool declared(const Capabilities& can) const {
    return needs == nullptr || can.*needs;
  }
};

[[nodiscard]] std::span<const VerbProbe> verb_probes();

// Violations for the verbs of an undeclared capability that do anything but answer
// Errc::unsupported; for `values`, for anything kept.
[[nodiscard]] awaitable<void> check_undeclared(Trial& trial, bool Capabilities::* capability);

}  // namespace larder::testkit

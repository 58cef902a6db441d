// Event verbs; a failure ends the check.
#pragma once

#include <string>

#include "conformance/trial.hpp"

namespace larder::testkit {

[[nodiscard]] awaitable<EventPosition> append(Trial& trial, Key log, std::string text,
                                              LogBounds bounds = {},
                                              Where where = Where::current());
[[nodiscard]] awaitable<EventPage> read_after(Trial& trial, Key log, EventPosition position,
                                              std::size_t count = 1000,
                                              Where where = Where::current());

// The payloads, and whether a gap was told: "b c", "gap: d e", "gap:", "".
[[nodiscard]] std::string words(const EventPage& page);

}  // namespace larder::testkit

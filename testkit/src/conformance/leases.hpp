// Lease verbs with one item; a failure ends the check.
#pragma once

#include "conformance/trial.hpp"

namespace larder::testkit {

inline constexpr milliseconds kHold{400};

[[nodiscard]] awaitable<LeaseAnswer> ask(Trial& trial, LeaseRequest request,
                                         Where where = Where::current());
// Asks for a key with kHold.
[[nodiscard]] awaitable<LeaseAnswer> ask(Trial& trial, Key key, Where where = Where::current());
// Asks, and ends the check unless the lease is granted.
[[nodiscard]] awaitable<LeaseToken> be_granted(Trial& trial, Key key,
                                               Where where = Where::current());
[[nodiscard]] awaitable<FillOutcome> fill(Trial& trial, Entry entry, LeaseToken token,
                                          Where where = Where::current());
[[nodiscard]] awaitable<bool> renew(Trial& trial, Key key, LeaseToken token,
                                    Where where = Where::current());
[[nodiscard]] awaitable<bool> release(Trial& trial, Key key, LeaseToken token,
                                      Where where = Where::current());

// The state, and what was found: "busy stale", "granted", "not_needed text".
[[nodiscard]] std::string words(const LeaseAnswer& answer);

}  // namespace larder::testkit

// first_of: two coroutines at once, until one of them ends.
#pragma once

#include <larder/clock.hpp>

namespace larder::gateway {

// Runs both on the caller's executor. When one ends, the other is cancelled and waited
// for. What the first to end threw is thrown again; what the cancelled one throws is not.
[[nodiscard]] awaitable<void> first_of(awaitable<void> a, awaitable<void> b);

}  // namespace larder::gateway

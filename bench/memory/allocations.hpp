// Counts what operator new hands out, by thread.
#pragma once

#include <cstddef>

namespace bench {

[[nodiscard]] std::size_t allocations_of_this_thread() noexcept;

}  // namespace bench

// What an escaped exception says, for a log line.
#pragma once

#include <exception>
#include <string>

namespace larder {

// `raised` is not null.
[[nodiscard]] std::string describe(const std::exception_ptr& raised);

}  // namespace larder

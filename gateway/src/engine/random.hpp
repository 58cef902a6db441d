// Secrets drawn from the system's random source.
#pragma once

#include <string>

namespace larder::gateway {

// 256 random bits as 43 characters of [A-Za-z0-9_-]. Aborts if the system has none, since
// nothing safe can be done without.
[[nodiscard]] std::string random_token();

}  // namespace larder::gateway

// The program's commands. Each answers the exit code: 0 done, 1 failed, 2 wrong use or
// configuration.
#pragma once

#include <string>

namespace larder::app {

[[nodiscard]] int serve(const std::string& config_path);
[[nodiscard]] int check(const std::string& config_path);

}  // namespace larder::app

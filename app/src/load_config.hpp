// The configuration from its file and the environment.
#pragma once

#include <expected>
#include <string>

#include <larder/gateway/config.hpp>

namespace larder::app {

// An empty path means no file. The error is a text for people, one problem a line.
[[nodiscard]] std::expected<gateway::Config, std::string> load_config(const std::string& path);

}  // namespace larder::app

// The mcpServers section.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <larder/gateway/config.hpp>

#include "config/reader.hpp"

namespace larder::gateway {

void read_upstreams(const Field& field, const Environment& environment,
                    std::vector<UpstreamConfig>& upstreams);

// A text, or "env:NAME" for the value of an environment variable.
void read_secret(const Field& field, const Environment& environment, Secret& target);

// With quotes, as JSON.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace larder::gateway

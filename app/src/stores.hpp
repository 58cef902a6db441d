// The store types this program is built with.
#pragma once

#include <larder/gateway/config.hpp>
#include <larder/registry.hpp>

namespace larder::app {

[[nodiscard]] BackendRegistry built_in_stores(const gateway::CacheConfig& config);

}  // namespace larder::app

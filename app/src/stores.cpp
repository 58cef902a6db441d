#include "stores.hpp"

#include <larder/memory/backend.hpp>
#include <larder/none/backend.hpp>

namespace larder::app {

BackendRegistry built_in_stores(const gateway::CacheConfig& config) {
  BackendRegistry registry;
  register_memory(registry, MemoryOptions{.bytes_max = config.memory_bytes});
  register_none(registry);
  return registry;
}

}  // namespace larder::app

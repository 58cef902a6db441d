// What the lanes and shards of one store share, and what each of their operations is about.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <larder/clock.hpp>
#include <larder/key.hpp>

#include "bounds.hpp"
#include "random.hpp"
#include "siphash.hpp"
#include "watch_hub.hpp"

namespace larder::memory {

// Outlives the lanes and shards.
struct Common {
  Bounds bounds;
  KeyHash hash{random_sip_key()};
  Random random;
  std::atomic<std::uint64_t> tokens{0};  // of the last lease granted
  std::shared_ptr<WatchHub> watches;
};

// The key an operation is about, and the time it is to take as now.
struct Target {
  const Key& key;
  std::uint64_t hash;
  SteadyTime now;
};

}  // namespace larder::memory

// The counts behind NearTierBackend::near_stats().
#pragma once

#include "counters.hpp"

namespace larder {

struct NearCounters {
  Counter hits_near;
  Counter hits_remote;
  Counter misses;
  Counter joined_hits;  // shared another's fetch, which found something
  Counter joined_misses;
  Counter fills;
  Counter fills_killed;
  Counter fills_refused;
  Counter drops;
  Counter watch_losses;
};

}  // namespace larder

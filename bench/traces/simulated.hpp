// A cache without values, told of requests: the published policies that ours is compared with,
// and ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trace.hpp"

namespace larder::bench {

class Simulated {
 public:
  Simulated() = default;
  Simulated(const Simulated&) = delete;
  Simulated& operator=(const Simulated&) = delete;
  virtual ~Simulated() = default;

  // True for a hit; what it missed is there afterwards, unless it is larger than the cache.
  virtual bool access(const Request& request) = 0;
  // The key's life has ended.
  virtual void expire(std::uint32_t /*id*/) {}
};

using Cache = std::unique_ptr<Simulated>;

// `bytes`: what the entries together may weigh. `keys`: ids are below.
Cache make_fifo(std::size_t bytes, std::uint32_t keys);
Cache make_lru(std::size_t bytes, std::uint32_t keys);
Cache make_arc(std::size_t bytes, std::uint32_t keys);
Cache make_s3_fifo(std::size_t bytes, std::uint32_t keys);
Cache make_w_tinylfu(std::size_t bytes, std::uint32_t keys);
Cache make_gdsf(std::size_t bytes, std::uint32_t keys);
Cache make_ours(std::size_t bytes, std::uint32_t keys);
// Knows the future: all requests of the trace it will be told of.
Cache make_belady(std::size_t bytes, const Trace& trace);

}  // namespace larder::bench

// A trace: the requests that a cache was asked for, one after another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder::bench {

struct Request {
  std::uint32_t id;       // of the key; ids are dense, from 0
  std::uint32_t size;     // bytes
  std::uint32_t time;     // seconds since the trace began; 0 where it does not tell
  std::uint32_t ttl = 0;  // seconds the answer stays fresh; 0 = for ever
};

struct Trace {
  std::string name;
  std::vector<Request> requests;
  std::uint32_t keys = 0;  // ids are below
  bool sized = false;      // sizes differ
};

// The size of a request of a trace that tells none.
constexpr std::uint32_t kUnitSize = 4096;

// Reads a file by the format that its name ends in; what was compressed is decompressed before.
// Throws std::runtime_error.
Trace read_trace(const std::string& path);

// Our own, the same for everyone: seeded. Throws std::out_of_range for an unknown name.
std::vector<std::string> synthetic_names();
Trace synthetic_trace(const std::string& name);

}  // namespace larder::bench

// The bounds of the HTTP server.
#pragma once

#include <chrono>
#include <cstddef>

namespace larder::gateway {

using std::chrono::milliseconds;

// Every bound has a name, a unit and an answer.
struct HttpLimits {
  std::size_t header_bytes_max = 16U << 10;  // request line and headers; over: 431
  std::size_t headers_max = 100;             // count; over: 431
  std::size_t body_bytes_max = 4U << 20;     // over: 413
  std::size_t connections_max = 10'000;      // over: 503 and closed
  std::size_t requests_max = 1'000;          // handlers running at once; over: 503
  milliseconds header_timeout{10'000};       // first byte of a request to end of headers: 408
  milliseconds body_timeout{30'000};         // end of headers to end of body: 408
  milliseconds idle_timeout{75'000};         // between requests; closed silently
  milliseconds write_timeout{30'000};        // a client that does not read; closed
  milliseconds stop_timeout{10'000};         // graceful stop: then connections are cut
};

}  // namespace larder::gateway

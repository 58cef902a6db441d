// The listening side: connections, limits, time-outs, graceful stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <larder/error.hpp>
#include <larder/gateway/http.hpp>
#include <larder/gateway/http_limits.hpp>
#include <larder/log.hpp>
#include <larder/runtime/runtime.hpp>

namespace larder::gateway {

// One line of the access log.
struct HttpExchange {
  const HttpRequest& request;
  const HttpReply& reply;
  milliseconds::rep duration_us = 0;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";  // an address or a name
  std::uint16_t port = 0;          // 0 = any free one
  HttpLimits limits{};
};

struct HttpServerStats {
  std::uint64_t connections = 0;  // open now
  std::uint64_t requests = 0;     // handlers running now
  std::uint64_t connections_total = 0;
  std::uint64_t refused_total = 0;    // over connections_max or requests_max
  std::uint64_t malformed_total = 0;  // answered 400, 408, 413, 431, 501, 505
};

// Listens on every thread of the runtime (SO_REUSEPORT), so a connection stays on one
// thread for life and its handler runs there.
class HttpServer {
 public:
  // Binds and starts to accept; a port that is taken or an address that is not ours is a
  // clear error. `observe` is called after each exchange, on its thread; may be empty.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(
      Runtime& runtime, HttpServerOptions options, HttpHandler handler,
      std::function<void(const HttpExchange&)> observe, LogSink& log);
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] HttpServerStats stats() const noexcept;

  // Stops accepting, lets running requests finish (at most stop_timeout), closes idle
  // connections at once. The destructor requires it.
  [[nodiscard]] awaitable<void> stop();

 private:
  class Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl) noexcept;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larder::gateway

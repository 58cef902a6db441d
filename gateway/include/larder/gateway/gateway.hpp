// Gateway: one MCP endpoint in front of many upstreams, answering from the cache.
//
// It owns the upstreams, the Cache over the store of results, the legacy sessions and the
// metrics; handle() is what the HTTP server calls. README.md tells the life of a request.
#pragma once

#include <memory>
#include <string>

#include <larder/backend.hpp>
#include <larder/gateway/config.hpp>
#include <larder/gateway/http.hpp>
#include <larder/gateway/http_server.hpp>
#include <larder/log.hpp>
#include <larder/runtime/runtime.hpp>

namespace larder::gateway {

// What a gateway stands on. All outlive it.
struct GatewayParts {
  Runtime& runtime;
  CacheBackend& results;  // cached answers; with values = false nothing is cached
  CacheBackend& state;    // legacy sessions; must keep values
  Clock& clock;
  LogSink& log;
};

class Gateway {
 public:
  // Starts connecting to all upstreams. Fails when unprefixed upstreams offer the same
  // name (both are named); an upstream that cannot be reached is reported, not fatal.
  [[nodiscard]] static awaitable<Result<std::unique_ptr<Gateway>>> start(GatewayParts parts,
                                                                         Config config);
  ~Gateway();  // close() must have completed

  // /mcp, /health and /metrics. Any thread.
  [[nodiscard]] awaitable<HttpReply> handle(const HttpRequest& request);

  // Counts an exchange; called by the HTTP server after each.
  void observe(const HttpExchange& exchange);

  // Adds the HTTP server's own figures to /metrics.
  void watch(const HttpServer& server);

  // Ends sessions with upstreams, child processes and running loads, and joins them.
  [[nodiscard]] awaitable<void> close();

 private:
  class Impl;
  explicit Gateway(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::gateway

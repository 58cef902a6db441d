// What all threads of one server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include <larder/gateway/http.hpp>
#include <larder/gateway/http_server.hpp>
#include <larder/log.hpp>

namespace larder::gateway {

// A number with a bound, taken and given back by any thread.
class BoundedCount {
 public:
  explicit BoundedCount(std::uint64_t max) noexcept : max_(max) {}

  [[nodiscard]] bool take() noexcept {
    if (count_.fetch_add(1, std::memory_order_relaxed) < max_) {
      return true;
    }
    give_back();
    return false;
  }
  void give_back() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

 private:
  const std::uint64_t max_;
  std::atomic<std::uint64_t> count_{0};
};

struct ServerState {
  ServerState(HttpServerOptions with, HttpHandler handle,
              std::function<void(const HttpExchange&)> watch, LogSink& sink)
      : options(std::move(with)),
        handler(std::move(handle)),
        observe(std::move(watch)),
        log(sink),
        connections(options.limits.connections_max),
        requests(options.limits.requests_max) {}

  const HttpServerOptions options;
  const HttpHandler handler;
  const std::function<void(const HttpExchange&)> observe;
  LogSink& log;
  BoundedCount connections;
  BoundedCount requests;
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::uint64_t> refused_total{0};
  std::atomic<std::uint64_t> malformed_total{0};
};

}  // namespace larder::gateway

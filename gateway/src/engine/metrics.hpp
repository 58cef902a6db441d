// The gateway's figures, for Prometheus. docs/metrics.txt lists every name.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <larder/cache/metrics.hpp>
#include <larder/gateway/http_server.hpp>
#include <larder/gateway/upstream.hpp>

#include "engine/exchange.hpp"

namespace larder::gateway {

// What is read when metrics are asked for, not counted as it happens.
struct Snapshot {
  CacheFigures cache;
  std::vector<std::pair<std::string, UpstreamStatus>> upstreams;
  HttpServerStats http;
};

// Any thread.
class Metrics {
 public:
  Metrics();

  void count(const RpcRequest& request, const RpcOutcome& outcome);
  void count(const HttpExchange& exchange);

  // The text format, version 0.0.4.
  [[nodiscard]] std::string text(const Snapshot& snapshot) const;

 private:
  static constexpr std::size_t kOutcomes = 6;
  using OutcomeCounters = std::array<prometheus::Counter*, kOutcomes>;

  [[nodiscard]] std::size_t method_place(std::string_view method) const noexcept;

  std::shared_ptr<prometheus::Registry> registry_;
  // By method, then cache outcome: found once, so that counting takes no lock.
  std::vector<OutcomeCounters> requests_;
  std::vector<prometheus::Counter*> errors_;
  prometheus::Family<prometheus::Counter>& responses_;
  // By status, made when first needed: only statuses that occurred are shown.
  std::array<std::atomic<prometheus::Counter*>, 600> statuses_{};
  prometheus::Histogram& duration_;
};

}  // namespace larder::gateway

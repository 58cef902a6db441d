#include "engine/metrics.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include "engine/methods.hpp"

namespace larder::gateway {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using Labels = std::map<std::string, std::string>;

constexpr std::string_view kOther = "other";

// A figure read elsewhere, as a family of one sample each.
class Samples {
 public:
  Samples(std::vector<prometheus::MetricFamily>& out, std::string name, std::string help,
          prometheus::MetricType type)
      : out_(out), family_{std::move(name), std::move(help), type, {}} {}
  ~Samples() { out_.push_back(std::move(family_)); }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  Samples& add(double value, const Labels& labels = {}) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels) {
      metric.label.push_back({name, text});
    }
    if (family_.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  Samples& add(std::uint64_t value, const Labels& labels = {}) {
    return add(static_cast<double>(value), labels);
  }

 private:
  std::vector<prometheus::MetricFamily>& out_;
  prometheus::MetricFamily family_;
};

constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr auto kGauge = prometheus::MetricType::Gauge;

void write_upstreams(std::vector<prometheus::MetricFamily>& out, const Snapshot& snapshot) {
  Samples up(out, "larder_upstream_up", "1 while the upstream is connected", kGauge);
  Samples calls(out, "larder_upstream_calls_total", "Calls sent to the upstream", kCounter);
  Samples failures(out, "larder_upstream_failures_total", "Calls that got no answer", kCounter);
  Samples reconnects(out, "larder_upstream_reconnects_total", "Connections made anew", kCounter);
  for (const auto& [name, status] : snapshot.upstreams) {
    const Labels labels{{"upstream", name}};
    up.add(status.state == UpstreamState::ready ? 1.0 : 0.0, labels);
    calls.add(status.calls, labels);
    failures.add(status.failures, labels);
    reconnects.add(status.reconnects, labels);
  }
}

void write_http(std::vector<prometheus::MetricFamily>& out, const HttpServerStats& http) {
  Samples(out, "larder_http_connections", "Client connections now open", kGauge)
      .add(http.connections);
  Samples(out, "larder_http_requests_running", "Requests now being answered", kGauge)
      .add(http.requests);
  Samples(out, "larder_http_connections_total", "Client connections accepted", kCounter)
      .add(http.connections_total);
  Samples(out, "larder_http_refused_total", "Requests and connections over a bound", kCounter)
      .add(http.refused_total);
  Samples(out, "larder_http_malformed_total", "Requests that were not HTTP as expected", kCounter)
      .add(http.malformed_total);
}

}  // namespace

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      responses_(BuildCounter()
                     .Name("larder_http_responses_total")
                     .Help("HTTP answers by status")
                     .Register(*registry_)),
      duration_(BuildHistogram()
                    .Name("larder_http_request_duration_seconds")
                    .Help("From the whole request to the whole answer")
                    .Register(*registry_)
                    .Add({}, prometheus::Histogram::BucketBoundaries{
                                 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30})) {
  auto& requests = BuildCounter()
                       .Name("larder_cache_requests_total")
                       .Help("MCP requests by method and how the cache answered")
                       .Register(*registry_);
  auto& errors = BuildCounter()
                     .Name("larder_mcp_errors_total")
                     .Help("MCP requests answered with a JSON-RPC error")
                     .Register(*registry_);
  const auto add = [&](std::string_view method) {
    OutcomeCounters counters{};
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      const auto outcome = static_cast<CacheOutcome>(i);
      counters[i] = &requests.Add(
          {{"method", std::string(method)}, {"result", std::string(to_string(outcome))}});
    }
    requests_.push_back(counters);
    errors_.push_back(&errors.Add({{"method", std::string(method)}}));
  };
  for (const std::string_view method : known_methods()) {
    add(method);
  }
  add(kOther);
}

std::size_t Metrics::method_place(std::string_view method) const noexcept {
  const auto methods = known_methods();
  return static_cast<std::size_t>(std::ranges::find(methods, method) - methods.begin());
}

void Metrics::count(const RpcRequest& request, const RpcOutcome& outcome) {
  const std::size_t place = method_place(request.message.method);
  const CacheNote& note = outcome ? outcome->note : outcome.error().note;
  requests_[place][std::to_underlying(note.outcome)]->Increment();
  if (!outcome) {
    errors_[place]->Increment();
  }
}

void Metrics::count(const HttpExchange& exchange) {
  std::atomic<prometheus::Counter*>& place =
      statuses_[std::min<std::size_t>(exchange.reply.status, statuses_.size() - 1)];
  prometheus::Counter* counter = place.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may do so at once; they are given the same counter.
    counter = &responses_.Add({{"status", std::to_string(exchange.reply.status)}});
    place.store(counter, std::memory_order_release);
  }
  counter->Increment();
  duration_.Observe(static_cast<double>(exchange.duration_us) / 1e6);
}

std::string Metrics::text(const Snapshot& snapshot) const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  write_upstreams(families, snapshot);
  write_http(families, snapshot.http);
  return prometheus::TextSerializer().Serialize(families) +
         prometheus_text(std::span(&snapshot.cache, 1));
}

}  // namespace larder::gateway

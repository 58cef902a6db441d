#include "engine/metrics.hpp"

#include <gtest/gtest.h>

#include "metric_lines.hpp"

namespace larder::gateway {
namespace {

Snapshot full_snapshot() {
  Snapshot snapshot;
  snapshot.cache = {.cache = "results",
                    .store = "memory",
                    .backend = BackendStats{.entries = 3, .bytes = 400},
                    .breaker = BreakerStats{},
                    .near_tier = NearTierStats{},
                    .codec = CodecStats{}};
  snapshot.upstreams.emplace_back("weather", UpstreamStatus{});
  return snapshot;
}

RpcRequest request_for(std::string method) {
  RpcRequest request;
  request.message.method = std::move(method);
  return request;
}

TEST(Metrics, are_those_that_the_documentation_lists) {
  Metrics metrics;
  metrics.count(HttpExchange{.request = {}, .reply = {}, .duration_us = 5});
  EXPECT_EQ(metric_lines(metrics.text(full_snapshot())), documented_metrics(LARDER_METRICS_FILE));
}

TEST(Metrics, count_each_request_by_method_and_by_what_the_cache_did) {
  Metrics metrics;
  const RpcOutcome hit = RpcAnswer{.note = {.outcome = CacheOutcome::hit}};
  metrics.count(request_for("tools/call"), hit);
  metrics.count(request_for("tools/call"), hit);
  metrics.count(request_for("made/up"), refuse(-32601, "no"));
  const std::string text = metrics.text(full_snapshot());
  EXPECT_TRUE(text.contains("larder_cache_requests_total{method=\"tools/call\",result=\"hit\"} 2"))
      << text;
  EXPECT_TRUE(text.contains("larder_mcp_errors_total{method=\"other\"} 1"));
  EXPECT_FALSE(text.contains("made/up"));
}

TEST(Metrics, tell_which_upstreams_are_connected) {
  Snapshot snapshot = full_snapshot();
  snapshot.upstreams.front().second.state = UpstreamState::ready;
  snapshot.upstreams.emplace_back("files", UpstreamStatus{.state = UpstreamState::failed});
  const std::string text = Metrics().text(snapshot);
  EXPECT_TRUE(text.contains("larder_upstream_up{upstream=\"weather\"} 1"));
  EXPECT_TRUE(text.contains("larder_upstream_up{upstream=\"files\"} 0"));
}

}  // namespace
}  // namespace larder::gateway

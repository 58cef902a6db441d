#include "engine/metrics.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

Snapshot full_snapshot() {
  Snapshot snapshot;
  snapshot.store_type = "memory";
  snapshot.store.entries = 3;
  snapshot.store.bytes = 400;
  snapshot.upstreams.emplace_back("weather", UpstreamStatus{});
  return snapshot;
}

// Every name with its type, as "name type".
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      names.insert(line.substr(7));
    }
  }
  return names;
}

RpcRequest request_for(std::string method) {
  RpcRequest request;
  request.message.method = std::move(method);
  return request;
}

TEST(Metrics, have_the_names_that_the_documentation_lists) {
  Metrics metrics;
  metrics.count(HttpExchange{.request = {}, .reply = {}, .duration_us = 5});
  std::ifstream file(LARDER_METRICS_FILE);
  std::set<std::string> listed;
  for (std::string line; std::getline(file, line);) {
    listed.insert(line);
  }
  EXPECT_EQ(names_in(metrics.text(full_snapshot())), listed);
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

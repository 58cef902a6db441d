// /health: whether this gateway answers, and which of its parts do.
#pragma once

#include <string>
#include <vector>

#include <larder/error.hpp>
#include <larder/gateway/http.hpp>
#include <larder/gateway/upstream.hpp>

namespace larder::gateway {

struct HealthFacts {
  std::string store_type;
  Result<void> store;  // the answer to a ping
  std::vector<std::pair<std::string, UpstreamStatus>> upstreams;
};

// 200 with "status":"ok", or "degraded" when a part is away: the gateway itself still
// answers, and a balancer must not take it out for an upstream that is down everywhere.
[[nodiscard]] HttpReply health_reply(const HealthFacts& facts);

}  // namespace larder::gateway

#include "engine/health.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace larder::gateway {
namespace {

std::string_view state_text(UpstreamState state) noexcept {
  switch (state) {
    case UpstreamState::connecting:
      return "connecting";
    case UpstreamState::ready:
      return "ready";
    case UpstreamState::failed:
      return "failed";
    case UpstreamState::closed:
      return "closed";
  }
  std::unreachable();
}

nlohmann::ordered_json upstream_json(const UpstreamStatus& status) {
  nlohmann::ordered_json json;
  json["state"] = state_text(status.state);
  if (status.facts) {
    json["version"] = status.facts->version;
  }
  if (status.state != UpstreamState::ready && !status.last_error.empty()) {
    json["error"] = status.last_error;
  }
  return json;
}

}  // namespace

HttpReply health_reply(const HealthFacts& facts) {
  bool whole = facts.store.has_value();
  nlohmann::ordered_json upstreams = nlohmann::ordered_json::object();
  for (const auto& [name, status] : facts.upstreams) {
    whole = whole && status.state == UpstreamState::ready;
    upstreams[name] = upstream_json(status);
  }
  nlohmann::ordered_json json;
  json["status"] = whole ? "ok" : "degraded";
  json["store"]["type"] = facts.store_type;
  json["store"]["state"] = facts.store ? "ready" : "failed";
  if (!facts.store) {
    json["store"]["error"] = facts.store.error().message();
  }
  json["upstreams"] = std::move(upstreams);
  return text_reply(200, "application/json",
                    json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace larder::gateway

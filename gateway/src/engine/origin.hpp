// Defence against DNS rebinding: a browser page elsewhere must not reach a gateway that
// listens on this machine only. Source: MCP 2026-07-28 streamable-http, "Security".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <larder/gateway/http.hpp>

namespace larder::gateway {

struct OriginRules {
  bool loopback = true;              // the gateway listens on a loopback address
  std::vector<std::string> hosts;    // accepted besides this machine's own names
  std::vector<std::string> origins;  // whole origins, "https://console.example.com"
};

// Accepts a request without an Origin, from this machine's own names (localhost,
// 127.0.0.1, [::1], any port) and from the configured origins. On a loopback address the
// Host must be one of the same names, or a configured one.
[[nodiscard]] bool is_origin_allowed(const HttpRequest& request, const OriginRules& rules);

[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

}  // namespace larder::gateway

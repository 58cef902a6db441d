#include "engine/origin.hpp"

#include <algorithm>
#include <cctype>

namespace larder::gateway {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool contains(const std::vector<std::string>& texts, std::string_view text) noexcept {
  return std::ranges::any_of(
      texts, [text](const std::string& one) { return equal_without_case(one, text); });
}

// "host:port", "[v6]:port" or without the port.
std::string_view without_port(std::string_view host) noexcept {
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  if (bracket != std::string_view::npos) {
    const std::string_view rest = host.substr(bracket + 1);
    return rest.empty() || rest.starts_with(':') ? host.substr(0, bracket + 1) : host;
  }
  return host.substr(0, host.find(':'));
}

bool is_own_name(std::string_view host) noexcept {
  const std::string_view name = without_port(host);
  return equal_without_case(name, "localhost") || name == "127.0.0.1" || name == "[::1]";
}

bool is_own_origin(std::string_view origin) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      return is_own_name(origin.substr(scheme.size()));
    }
  }
  return false;
}

}  // namespace

bool is_loopback(std::string_view host) noexcept {
  return equal_without_case(host, "localhost") || host.starts_with("127.") || host == "::1" ||
         host == "[::1]";
}

bool is_origin_allowed(const HttpRequest& request, const OriginRules& rules) {
  const std::string_view origin = request.header("Origin");
  if (!origin.empty() && !is_own_origin(origin) && !contains(rules.origins, origin)) {
    return false;
  }
  const std::string_view host = request.header("Host");
  return !rules.loopback || is_own_name(host) || contains(rules.hosts, host) ||
         contains(rules.hosts, without_port(host));
}

}  // namespace larder::gateway

// The http and https addresses of upstreams, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <larder/error.hpp>

namespace larder::gateway {

enum class Scheme : std::uint8_t { http, https };

struct Url {
  Scheme scheme = Scheme::http;
  std::string host;       // a name or an address, without brackets
  std::string port;       // digits; the scheme's own where none was given
  std::string authority;  // for the Host header
  std::string target;     // path and query, at least "/"
};

// Errc::invalid_argument for other schemes, and for user names in addresses: they would
// end up in logs. A fragment is cut off.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace larder::gateway

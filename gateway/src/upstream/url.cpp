#include "upstream/url.hpp"

#include <algorithm>

namespace larder::gateway {
namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

bool visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

// Splits "host:port" or "[v6]:port"; false for what is neither.
bool split_authority(std::string_view authority, Url& url) {
  std::string_view port;
  if (take_prefix(authority, "[")) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return false;
    }
    url.host = authority.substr(0, end);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && !take_prefix(authority, ":")) {
      return false;
    }
    port = authority;
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
  }
  if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) || port.size() > 5) {
    return false;
  }
  url.port = port;
  return !url.host.empty();
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (take_prefix(rest, "https://")) {
    url.scheme = Scheme::https;
  } else if (!take_prefix(rest, "http://")) {
    return fail(Errc::invalid_argument, "url: must begin with http:// or https://");
  }
  if (!visible_ascii(rest)) {
    return fail(Errc::invalid_argument, "url: has characters that must be percent-encoded");
  }
  rest = rest.substr(0, rest.find('#'));
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return fail(Errc::invalid_argument, "url: credentials belong into headers, not into the url");
  }
  if (!split_authority(authority, url)) {
    return fail(Errc::invalid_argument, "url: has no valid host and port");
  }
  if (url.port.empty()) {
    url.port = url.scheme == Scheme::https ? "443" : "80";
  }
  url.authority = authority;
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace larder::gateway

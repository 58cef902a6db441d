#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <arpa/inet.h>
#include <sys/un.h>

#include <larder/redis/options.hpp>

#include "numbers.hpp"
#include "topology.hpp"
#include "url_text.hpp"

namespace larder::redis {
namespace {

enum class Form : std::uint8_t { server, unix_socket, sentinel, cluster };

struct Scheme {
  std::string_view name;
  Form form;
  bool is_encrypted;
};

constexpr std::array<Scheme, 7> kSchemes{{{"redis", Form::server, false},
                                          {"rediss", Form::server, true},
                                          {"redis+unix", Form::unix_socket, false},
                                          {"redis+sentinel", Form::sentinel, false},
                                          {"rediss+sentinel", Form::sentinel, true},
                                          {"redis+cluster", Form::cluster, false},
                                          {"rediss+cluster", Form::cluster, true}}};

// The URL cut at its separators, still encoded.
struct Parts {
  Scheme scheme;
  std::string_view user_info;
  std::string_view hosts;
  std::string_view path;  // with its slash
  std::string_view query;
};

std::unexpected<Error> wrong(std::string_view part, std::string_view expected) {
  std::string context("redis url: ");
  context.append(part).append(": ").append(expected);
  return fail(Errc::invalid_argument, std::move(context));
}

// Only for parts that cannot hold a password written in the wrong place.
std::unexpected<Error> wrong(std::string_view part, std::string_view expected,
                             std::string_view found) {
  std::string context(expected);
  context.append(", got '").append(found).append("'");
  return wrong(part, context);
}

Result<Parts> split(std::string_view url) {
  const auto colon = url.find("://");
  const std::string_view name = url.substr(0, colon);
  const auto* const scheme = std::ranges::find(kSchemes, name, &Scheme::name);
  if (colon == std::string_view::npos || scheme == kSchemes.end()) {
    return wrong("scheme",
                 "expected redis://, rediss://, redis+unix://, redis+sentinel://, "
                 "rediss+sentinel://, redis+cluster:// or rediss+cluster://");
  }
  Parts parts{.scheme = *scheme};
  url.remove_prefix(colon + 3);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::string_view rest = url.substr(authority.size());
  // What looks like a host or a path may then be a part of the password: nothing is shown.
  if (rest.contains('@')) {
    return wrong("user info",
                 "'/', '?', '#' and '@' must be percent-encoded; an '@' behind the "
                 "hosts too");
  }
  if (rest.contains('#')) {
    return wrong("fragment", "there is none; a '#' must be written %23");
  }
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parts.user_info = authority.substr(0, at);
    if (!parts.user_info.contains(':')) {
      return wrong("user info", "expected user:password or :password before the @");
    }
  }
  parts.hosts = authority.substr(at == std::string_view::npos ? 0 : at + 1);
  const auto question = rest.find('?');
  parts.path = rest.substr(0, question);
  parts.query = question == std::string_view::npos ? "" : rest.substr(question + 1);
  return parts;
}

Result<Credentials> parse_user_info(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Credentials();
  }
  auto user = percent_decoded(text.substr(0, colon));
  auto password = percent_decoded(text.substr(colon + 1));
  if (!user || !password) {
    return wrong("user info", "malformed percent-encoding");
  }
  return Credentials{.user = *std::move(user), .password = Secret(*std::move(password))};
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  const std::string without_zone(text.substr(0, text.find('%')));
  return inet_pton(AF_INET6, without_zone.c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

Result<Endpoint> parse_host(std::string_view text, std::uint16_t default_port) {
  Endpoint endpoint{.port = default_port};
  std::string_view after = text;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    const std::string_view inside = text.substr(1, std::min(close, text.size()) - 1);
    if (close == std::string_view::npos || !is_ipv6(inside)) {
      return wrong("host", "expected an IPv6 address in brackets", text);
    }
    endpoint.host = inside;
    after = text.substr(close + 1);
  } else {
    if (std::ranges::count(text, ':') > 1) {
      return wrong("host", "an IPv6 address must stand in brackets", text);
    }
    endpoint.host = text.substr(0, text.find(':'));
    if (!is_host_name(endpoint.host)) {
      return wrong("host", "expected a name or an address", text);
    }
    after = text.substr(endpoint.host.size());
  }
  if (after.empty()) {
    return endpoint;
  }
  const auto port = after.starts_with(':') ? parse_whole<std::uint16_t>(after.substr(1))
                                           : std::optional<std::uint16_t>();
  if (port.value_or(0) == 0) {
    return wrong("port", "expected 1 to 65535", text);
  }
  endpoint.port = *port;
  return endpoint;
}

Result<std::vector<Endpoint>> parse_hosts(std::string_view text, std::uint16_t default_port) {
  std::vector<Endpoint> endpoints;
  while (true) {
    const std::string_view one = text.substr(0, text.find(','));
    auto endpoint = parse_host(one, default_port);
    if (!endpoint) {
      return std::unexpected(endpoint.error());
    }
    endpoints.push_back(*std::move(endpoint));
    if (endpoints.size() > RedisOptions::kServersMax) {
      return wrong("hosts", "more than " + std::to_string(RedisOptions::kServersMax));
    }
    if (one.size() == text.size()) {
      return endpoints;
    }
    text.remove_prefix(one.size() + 1);
  }
}

std::optional<TlsOptions> tls_of(const Scheme& scheme) {
  return scheme.is_encrypted ? std::optional<TlsOptions>(std::in_place) : std::nullopt;
}

Result<Topology> parse_server(const Parts& parts) {
  if (parts.hosts.contains(',')) {
    return wrong("hosts", "one only; redis+sentinel:// and redis+cluster:// take several");
  }
  auto endpoint = parse_host(parts.hosts, kServerPort);
  if (!endpoint) {
    return std::unexpected(endpoint.error());
  }
  return Standalone{.server =
                        TcpServer{.endpoint = *std::move(endpoint), .tls = tls_of(parts.scheme)}};
}

Result<Topology> parse_unix_socket(const Parts& parts) {
  auto path = percent_decoded(parts.path);
  if (!parts.hosts.empty() || !path || path->size() < 2 || path->contains('\0')) {
    return wrong("path", "expected redis+unix:///path/of/the/socket");
  }
  if (path->size() >= sizeof sockaddr_un{}.sun_path) {
    return wrong("path", "longer than the system allows for a socket", *path);
  }
  return Standalone{.server = UnixServer{.path = *std::move(path)}};
}

Result<Topology> parse_sentinel(const Parts& parts) {
  auto sentinels = parse_hosts(parts.hosts, kSentinelPort);
  if (!sentinels) {
    return std::unexpected(sentinels.error());
  }
  const std::string_view path = parts.path.substr(std::min<std::size_t>(1, parts.path.size()));
  auto name = percent_decoded(path.substr(0, path.find('/')));
  if (!name || name->empty()) {
    return wrong("path", "expected the name that the sentinels know the primary by");
  }
  return Sentinel{.sentinels = *std::move(sentinels),
                  .master_name = *std::move(name),
                  .tls = tls_of(parts.scheme)};
}

Result<Topology> parse_cluster(const Parts& parts) {
  auto seeds = parse_hosts(parts.hosts, kServerPort);
  if (!seeds) {
    return std::unexpected(seeds.error());
  }
  return Cluster{.seeds = *std::move(seeds), .tls = tls_of(parts.scheme)};
}

Result<Topology> parse_topology(const Parts& parts) {
  switch (parts.scheme.form) {
    case Form::server:
      return parse_server(parts);
    case Form::unix_socket:
      return parse_unix_socket(parts);
    case Form::sentinel:
      return parse_sentinel(parts);
    case Form::cluster:
      return parse_cluster(parts);
  }
  std::unreachable();
}

// Behind the last slash that is not the path's or the master name's own.
Result<void> set_path_database(RedisOptions& options, const Parts& parts) {
  if (parts.scheme.form == Form::unix_socket) {
    return {};
  }
  std::string_view path = parts.path;
  if (parts.scheme.form == Form::sentinel) {
    const auto slash = path.find('/', 1);
    path = slash == std::string_view::npos ? "" : path.substr(slash);
  }
  return path.size() < 2 ? Result<void>() : set_field(options, "db", path.substr(1));
}

Result<void> set_query_fields(RedisOptions& options, const Parts& parts) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (std::string_view query = parts.query; !query.empty();) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    const auto equals = field.find('=');
    auto name = percent_decoded(field.substr(0, equals));
    auto value = percent_decoded(field.substr(std::min(field.size(), equals + 1)));
    if (equals == std::string_view::npos || !name || !value) {
      return wrong("query", "expected name=value&name=value, percent-encoded");
    }
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  // The order in which fields are written does not matter; that of set_field() does.
  std::ranges::sort(fields);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [name, value] = fields[i];
    if (i > 0 && fields[i - 1].first == name) {
      return wrong("query", "this field is written twice", name);
    }
    if (auto set = set_field(options, name, value); !set) {
      return set;
    }
  }
  return {};
}

}  // namespace

Result<RedisOptions> parse_url(std::string_view url) {
  const auto parts = split(url);
  if (!parts) {
    return std::unexpected(parts.error());
  }
  auto credentials = parse_user_info(parts->user_info);
  if (!credentials) {
    return std::unexpected(credentials.error());
  }
  auto topology = parse_topology(*parts);
  if (!topology) {
    return std::unexpected(topology.error());
  }
  RedisOptions options{.topology = *std::move(topology), .credentials = *std::move(credentials)};
  auto good = set_path_database(options, *parts);
  good = good ? set_query_fields(options, *parts) : good;
  good = good ? check(options) : good;
  if (!good) {
    return std::unexpected(good.error());
  }
  return options;
}

}  // namespace larder::redis

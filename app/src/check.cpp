#include <algorithm>
#include <cstdio>
#include <variant>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "commands.hpp"
#include "load_config.hpp"
#include "stores.hpp"

namespace larder::app {
namespace {

std::string transport_text(const gateway::UpstreamOptions& options) {
  if (const auto* http = std::get_if<gateway::HttpUpstreamOptions>(&options.transport)) {
    return http->url;
  }
  return std::get<gateway::StdioUpstreamOptions>(options.transport).command + " (stdio)";
}

}  // namespace

int check(const std::string& config_path) {
  const auto config = load_config(config_path);
  if (!config) {
    std::fputs(config.error().c_str(), stderr);
    return 2;
  }
  const auto types = built_in_stores(config->cache).types();
  if (std::ranges::find(types, config->cache.type) == types.end()) {
    fmt::print(stderr, "CACHE_TYPE: store type '{}' is not built in yet; built in: {}\n",
               config->cache.type, fmt::join(types, ", "));
    return 2;
  }
  fmt::print("The configuration is valid.\n");
  fmt::print("  listens on  {}:{}\n", config->server.http.host, config->server.http.port);
  fmt::print("  store       {}, prefix {}\n", config->cache.type, config->cache.prefix);
  for (const gateway::UpstreamConfig& upstream : config->upstreams) {
    fmt::print("  upstream    {}: {}{}{}, {} tool rules\n", upstream.options.name,
               transport_text(upstream.options), upstream.prefix ? "" : ", not prefixed",
               upstream.trusted ? ", trusted" : "", upstream.cache.tools.size());
  }
  return 0;
}

}  // namespace larder::app

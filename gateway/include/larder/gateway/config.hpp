// The gateway's configuration: one JSON file in the `mcpServers` shape that MCP users
// already have, and the environment for what operators switch. docs/configuration.md lists
// every field with its unit, default and range.
//
// Durations are texts ("500ms", "60s", "5m", "1h"), sizes too ("64KiB", "16MiB"). Unknown
// keys are refused. The environment wins over the file.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/gateway/http_server.hpp>
#include <larder/gateway/upstream.hpp>
#include <larder/mcp/policy.hpp>

namespace larder::gateway {

// Lists and reads of an upstream that gives no hint of its own.
struct HintlessRule {
  milliseconds ttl{0};  // 0 = not cached
  mcp::CacheScope scope = mcp::CacheScope::personal;
};

struct UpstreamCacheRules {
  HintlessRule lists{};
  HintlessRule reads{};
  std::map<std::string, mcp::ToolRule, std::less<>> tools{};
  // For tools of a trusted upstream that say readOnlyHint and have no rule.
  milliseconds read_only_ttl{60'000};
};

struct UpstreamConfig {
  UpstreamOptions options;
  bool prefix = true;    // tools and prompts are listed as name__tool
  bool trusted = false;  // its readOnlyHint licenses caching
  UpstreamCacheRules cache{};
};

struct CacheConfig {
  std::string type = "memory";    // CACHE_TYPE
  std::string prefix = "larder";  // CACHE_PREFIX
  std::size_t memory_bytes = std::size_t{256} << 20;
  // No ttl an upstream asks for is granted beyond this.
  milliseconds ttl_max{std::chrono::hours(24)};
  // Larger results are answered and not stored.
  std::size_t value_bytes_max = std::size_t{4} << 20;
};

struct ServerConfig {
  HttpServerOptions http{.host = "127.0.0.1", .port = 4444};
  std::size_t threads = 0;  // 0 = one for each core
  std::size_t json_depth_max = 64;
  milliseconds session_idle{std::chrono::hours(1)};  // a legacy session nobody uses ends
  std::vector<std::string> allowed_hosts{};          // besides this machine's own, on loopback
  std::vector<std::string> allowed_origins{};        // besides http(s)://localhost and the like
  std::string access_log = "stderr";                 // "stderr", "off" or a file
  LogLevel log_level = LogLevel::info;
};

struct Config {
  std::vector<UpstreamConfig> upstreams;
  CacheConfig cache{};
  ServerConfig server{};
  // Seals cursors and names principals. Nodes that share a store need the same one; empty
  // = drawn at start.
  Secret secret{};
};

struct ConfigProblem {
  std::string path;   // "mcpServers.weather.cache.lists.ttl"; "" for the whole text
  std::string found;  // the value as JSON, shortened; secrets are never shown
  std::string expected;

  // "mcpServers.weather.prefix: found \"yes\"; expected true or false"
  [[nodiscard]] std::string text() const;
};

// A variable of the environment, nullopt when unset.
using Environment = std::function<std::optional<std::string>(std::string_view)>;

// All problems at once, in the order of the text. An empty text counts as {}.
[[nodiscard]] std::expected<Config, std::vector<ConfigProblem>> parse_config(
    std::string_view json, const Environment& environment);

}  // namespace larder::gateway

#include <larder/gateway/config.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "config/reader.hpp"
#include "config/upstreams.hpp"

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;

// Those that exist in the design; which of them are built in, the registry knows.
constexpr std::initializer_list<std::string_view> kStoreTypes = {"memory", "none", "redis",
                                                                 "database"};

bool is_prefix(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
  });
}

void read_prefix(const Field& field, std::string& target) {
  std::string text;
  field.read(text);
  if (!is_prefix(text)) {
    return field.problem("1 to 64 of [a-zA-Z0-9_.-]");
  }
  target = std::move(text);
}

// Sections whose parts come with later releases: accepted empty, so that one file can
// serve several versions, and refused when they ask for something we would not do.
void read_reserved(Fields& fields, std::string_view name) {
  fields.at(name, [](const Field& field) {
    if (!field.json().is_structured() || !field.json().empty()) {
      field.problem("nothing in it: this part is not built in yet");
    }
  });
}

void read_cache(const Field& field, CacheConfig& cache) {
  Fields fields(field);
  fields.at("type", [&](const Field& f) { f.read_choice(cache.type, kStoreTypes); });
  fields.at("prefix", [&](const Field& f) { read_prefix(f, cache.prefix); });
  fields.at("ttl_max", [&](const Field& f) { f.read(cache.ttl_max, 0ms, 24h * 366); });
  fields.at("value_bytes_max",
            [&](const Field& f) { f.read_size(cache.value_bytes_max, 1, 1U << 30); });
  fields.at("memory", [&](const Field& f) {
    Fields memory(f);
    memory.at("bytes", [&](const Field& b) {
      b.read_size(cache.memory_bytes, 2U << 20, std::size_t{1} << 40);
    });
  });
  read_reserved(fields, "redis");
  read_reserved(fields, "database");
  read_reserved(fields, "near");
}

void read_limits(const Field& field, HttpLimits& limits, std::size_t& depth) {
  Fields fields(field);
  fields.at("header_bytes",
            [&](const Field& f) { f.read_size(limits.header_bytes_max, 1024, 1U << 20); });
  fields.at("headers", [&](const Field& f) { f.read_count(limits.headers_max, 10, 1'000); });
  fields.at("body_bytes",
            [&](const Field& f) { f.read_size(limits.body_bytes_max, 1024, 1U << 30); });
  fields.at("json_depth", [&](const Field& f) { f.read_count(depth, 8, 256); });
  fields.at("connections",
            [&](const Field& f) { f.read_count(limits.connections_max, 1, 1'000'000); });
  fields.at("requests", [&](const Field& f) { f.read_count(limits.requests_max, 1, 1'000'000); });
  fields.at("header_timeout", [&](const Field& f) { f.read(limits.header_timeout, 10ms, 1h); });
  fields.at("body_timeout", [&](const Field& f) { f.read(limits.body_timeout, 10ms, 1h); });
  fields.at("idle_timeout", [&](const Field& f) { f.read(limits.idle_timeout, 10ms, 24h); });
  fields.at("write_timeout", [&](const Field& f) { f.read(limits.write_timeout, 10ms, 1h); });
  fields.at("stop_timeout", [&](const Field& f) { f.read(limits.stop_timeout, 0ms, 1h); });
}

void read_server(const Field& field, ServerConfig& server) {
  Fields fields(field);
  fields.at("host", [&](const Field& f) { f.read(server.http.host); });
  fields.at("port", [&](const Field& f) {
    std::size_t port = server.http.port;
    f.read_count(port, 0, 65'535);
    server.http.port = static_cast<std::uint16_t>(port);
  });
  fields.at("threads", [&](const Field& f) { f.read_count(server.threads, 0, 256); });
  fields.at("session_idle", [&](const Field& f) { f.read(server.session_idle, 1s, 24h * 30); });
  fields.at("allowed_hosts", [&](const Field& f) { f.read(server.allowed_hosts); });
  fields.at("allowed_origins", [&](const Field& f) { f.read(server.allowed_origins); });
  fields.at("access_log", [&](const Field& f) { f.read(server.access_log); });
  fields.at("log_level", [&](const Field& f) {
    std::string level;
    f.read_choice(level, {"debug", "info", "warning", "error"});
    server.log_level = level == "debug"     ? LogLevel::debug
                       : level == "warning" ? LogLevel::warning
                       : level == "error"   ? LogLevel::error
                                            : LogLevel::info;
  });
  fields.at("limits",
            [&](const Field& f) { read_limits(f, server.http.limits, server.json_depth_max); });
  read_reserved(fields, "tls");
}

void read_auth(const Field& field, const Environment& environment, Config& config) {
  Fields fields(field);
  fields.at("secret", [&](const Field& f) {
    read_secret(f, environment, config.secret);
    if (!config.secret.empty() && config.secret.reveal().size() < 16) {
      f.secret_problem("16 characters or more");
    }
  });
}

// Finds names that stand twice in one object, which the JSON library would fold silently.
class DuplicateNames {
 public:
  bool operator()(int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) {
      open_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      open_.pop_back();
    } else if (event == Json::parse_event_t::key) {
      if (!open_.back().insert(value.get<std::string>()).second) {
        found.push_back(value.get<std::string>());
      }
    }
    return true;
  }

  std::vector<std::string> found;

 private:
  std::vector<std::set<std::string>> open_;
};

Json parse_text(std::string_view text, std::vector<ConfigProblem>& problems) {
  try {
    DuplicateNames duplicates;
    Json json = Json::parse(text, std::ref(duplicates));
    for (const std::string& name : duplicates.found) {
      problems.push_back({.path = name, .found = "", .expected = "each name once in an object"});
    }
    return json;
  } catch (const Json::parse_error& error) {
    problems.push_back(
        {.path = "", .found = "", .expected = fmt::format("JSON: {}", error.what())});
  } catch (const Json::exception& error) {
    problems.push_back(
        {.path = "", .found = "", .expected = fmt::format("JSON: {}", error.what())});
  }
  return Json::object();
}

void apply_environment(const Environment& environment, Config& config,
                       std::vector<ConfigProblem>& problems) {
  if (auto type = environment("CACHE_TYPE")) {
    if (std::ranges::find(kStoreTypes, *type) == kStoreTypes.end()) {
      problems.push_back(
          {"CACHE_TYPE", quote(*type), fmt::format("one of {}", fmt::join(kStoreTypes, ", "))});
    }
    config.cache.type = *std::move(type);
  }
  if (auto prefix = environment("CACHE_PREFIX")) {
    if (is_prefix(*prefix)) {
      config.cache.prefix = *std::move(prefix);
    } else {
      problems.push_back({"CACHE_PREFIX", quote(*prefix), "1 to 64 of [a-zA-Z0-9_.-]"});
    }
  }
  if (auto host = environment("HOST")) {
    config.server.http.host = *std::move(host);
  }
  if (const auto port = environment("PORT")) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port->data(), port->data() + port->size(), number);
    if (error == std::errc() && end == port->data() + port->size()) {
      config.server.http.port = number;
    } else {
      problems.push_back({"PORT", quote(*port), "a whole number, 0 to 65535"});
    }
  }
}

}  // namespace

std::expected<Config, std::vector<ConfigProblem>> parse_config(std::string_view json,
                                                               const Environment& environment) {
  std::vector<ConfigProblem> problems;
  Config config;
  const bool blank = json.find_first_not_of(" \t\r\n") == std::string_view::npos;
  const Json tree = blank ? Json::object() : parse_text(json, problems);
  {
    Fields fields(Field(tree, "", problems));
    fields.at("mcpServers",
              [&](const Field& f) { read_upstreams(f, environment, config.upstreams); });
    fields.at("cache", [&](const Field& f) { read_cache(f, config.cache); });
    fields.at("server", [&](const Field& f) { read_server(f, config.server); });
    fields.at("auth", [&](const Field& f) { read_auth(f, environment, config); });
    read_reserved(fields, "quotas");
    read_reserved(fields, "peers");
    read_reserved(fields, "regions");
  }
  apply_environment(environment, config, problems);
  if (!problems.empty()) {
    return std::unexpected(std::move(problems));
  }
  return config;
}

}  // namespace larder::gateway

#include "config/upstreams.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <larder/mcp/list.hpp>

#include "upstream/url.hpp"

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kEnvironmentPrefix = "env:";

// A name goes in front of tool names with "__" between, so it must not blur that border.
bool is_upstream_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '_' && name.back() != '_' &&
         !name.contains(mcp::kNameSeparator) && std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
         });
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](unsigned char c) {
    return std::isalnum(c) != 0 || kTokenMarks.contains(static_cast<char>(c));
  });
}

bool is_header_value(std::string_view value) {
  return std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void read_scope(const Field& field, mcp::CacheScope& scope) {
  std::string text = "private";
  field.read_choice(text, {"public", "private"});
  scope = text == "public" ? mcp::CacheScope::shared : mcp::CacheScope::personal;
}

void read_hintless(const Field& field, HintlessRule& rule) {
  Fields fields(field);
  fields.at("ttl", [&](const Field& f) { f.read(rule.ttl, 0ms, 24h * 366); });
  fields.at("scope", [&](const Field& f) { read_scope(f, rule.scope); });
}

mcp::ToolRule read_tool_rule(const Field& field) {
  mcp::ToolRule rule;
  Fields fields(field);
  if (!fields.has("ttl")) {
    field.problem("a field ttl in each rule");
  }
  fields.at("ttl", [&](const Field& f) { f.read(rule.ttl, 0ms, 24h * 366); });
  fields.at("stale_if_error", [&](const Field& f) { f.read(rule.stale_if_error, 0ms, 24h * 366); });
  fields.at("scope", [&](const Field& f) { read_scope(f, rule.scope); });
  fields.at("key", [&](const Field& f) { f.read(rule.key_fields.emplace()); });
  return rule;
}

void read_cache_rules(const Field& field, UpstreamCacheRules& rules) {
  Fields fields(field);
  fields.at("lists", [&](const Field& f) { read_hintless(f, rules.lists); });
  fields.at("reads", [&](const Field& f) { read_hintless(f, rules.reads); });
  fields.at("read_only_ttl", [&](const Field& f) { f.read(rules.read_only_ttl, 0ms, 24h * 366); });
  fields.at("tools", [&](const Field& f) {
    f.members([&](const std::string& tool, const Field& rule) {
      rules.tools.insert_or_assign(tool, read_tool_rule(rule));
    });
  });
}

void read_secrets(const Field& field, const Environment& environment,
                  std::vector<std::pair<std::string, Secret>>& secrets) {
  if (!field.json().is_object()) {
    return field.secret_problem("an object of names and texts");
  }
  field.members([&](const std::string& name, const Field& value) {
    Secret secret;
    read_secret(value, environment, secret);
    secrets.emplace_back(name, std::move(secret));
  });
}

void read_url(const Field& field, std::string& url) {
  field.read(url);
  const auto parsed = parse_url(url);
  if (parsed) {
    return;
  }
  const std::string expected =
      "a URL like \"http://127.0.0.1:9001/mcp\" (" + parsed.error().context() + ")";
  // Where there is a user, there may be a password, which is never shown.
  if (url.contains('@')) {
    field.secret_problem(expected);
  } else {
    field.problem(expected);
  }
}

HttpUpstreamOptions read_http(Fields& fields, const Environment& environment) {
  HttpUpstreamOptions http;
  fields.at("url", [&](const Field& f) { read_url(f, http.url); });
  fields.at("headers", [&](const Field& f) {
    read_secrets(f, environment, http.headers);
    for (const auto& [name, value] : http.headers) {
      if (!is_header_name(name) || !is_header_value(value.reveal())) {
        f.secret_problem(
            fmt::format("a header name and value without control characters ({})", quote(name)));
      }
    }
  });
  fields.at("connections", [&](const Field& f) { f.read_count(http.connections_max, 1, 10'000); });
  return http;
}

StdioUpstreamOptions read_stdio(Fields& fields, const Environment& environment) {
  StdioUpstreamOptions stdio;
  fields.at("command", [&](const Field& f) {
    f.read(stdio.command);
    if (stdio.command.empty()) {
      f.problem("the name or path of a program");
    }
  });
  fields.at("args", [&](const Field& f) { f.read(stdio.args); });
  fields.at("env", [&](const Field& f) { read_secrets(f, environment, stdio.env); });
  fields.at("cwd", [&](const Field& f) { f.read(stdio.cwd); });
  return stdio;
}

void read_upstream_limits(const Field& field, UpstreamLimits& limits) {
  Fields fields(field);
  fields.at("connect_timeout", [&](const Field& f) { f.read(limits.connect_timeout, 10ms, 5min); });
  fields.at("handshake_timeout",
            [&](const Field& f) { f.read(limits.handshake_timeout, 10ms, 5min); });
  fields.at("call_timeout", [&](const Field& f) { f.read(limits.call_timeout, 10ms, 1h); });
  fields.at("answer_bytes",
            [&](const Field& f) { f.read_size(limits.answer_bytes_max, 1024, 1U << 30); });
  fields.at("calls", [&](const Field& f) { f.read_count(limits.calls_max, 1, 100'000); });
}

UpstreamConfig read_upstream(const std::string& name, const Field& field,
                             const Environment& environment) {
  UpstreamConfig upstream;
  upstream.options.name = name;
  if (!is_upstream_name(name)) {
    field.secret_problem(
        "a name of 1 to 64 of [a-zA-Z0-9_.-], without \"__\" and without \"_\" at its ends");
  }
  Fields fields(field);
  if (fields.has("url") == fields.has("command")) {
    field.secret_problem("either url (Streamable HTTP) or command (stdio)");
  }
  if (fields.has("command")) {
    upstream.options.transport = read_stdio(fields, environment);
  } else {
    upstream.options.transport = read_http(fields, environment);
  }
  fields.at("prefix", [&](const Field& f) { f.read(upstream.prefix); });
  fields.at("trusted", [&](const Field& f) { f.read(upstream.trusted); });
  fields.at("cache", [&](const Field& f) { read_cache_rules(f, upstream.cache); });
  fields.at("limits", [&](const Field& f) { read_upstream_limits(f, upstream.options.limits); });
  return upstream;
}

}  // namespace

void read_secret(const Field& field, const Environment& environment, Secret& target) {
  if (!field.json().is_string()) {
    return field.secret_problem("a text, or \"env:NAME\"");
  }
  auto text = field.json().get<std::string>();
  if (text.starts_with(kEnvironmentPrefix)) {
    const std::string name = text.substr(kEnvironmentPrefix.size());
    auto value = environment(name);
    if (!value) {
      return field.secret_problem(fmt::format("the environment variable {} to be set", name));
    }
    text = *std::move(value);
  }
  target = Secret(std::move(text));
}

std::string quote(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void read_upstreams(const Field& field, const Environment& environment,
                    std::vector<UpstreamConfig>& upstreams) {
  field.members([&](const std::string& name, const Field& upstream) {
    upstreams.push_back(read_upstream(name, upstream, environment));
  });
}

}  // namespace larder::gateway

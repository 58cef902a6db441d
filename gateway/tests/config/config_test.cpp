#include <larder/gateway/config.hpp>

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Environment environment(std::map<std::string, std::string> variables = {}) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto place = variables.find(std::string(name));
    return place == variables.end() ? std::nullopt : std::optional(place->second);
  };
}

Config accept(std::string_view json, std::map<std::string, std::string> variables = {}) {
  auto config = parse_config(json, environment(std::move(variables)));
  if (!config) {
    for (const ConfigProblem& problem : config.error()) {
      ADD_FAILURE() << problem.text();
    }
    return {};
  }
  return *std::move(config);
}

std::string refusal(std::string_view json, std::map<std::string, std::string> variables = {}) {
  const auto config = parse_config(json, environment(std::move(variables)));
  if (config) {
    ADD_FAILURE() << "accepted: " << json;
    return {};
  }
  std::string text;
  for (const ConfigProblem& problem : config.error()) {
    text.append(problem.text()).append("\n");
  }
  return text;
}

TEST(Config, takes_an_empty_text_for_all_defaults) {
  const Config config = accept("  \n");
  EXPECT_TRUE(config.upstreams.empty());
  EXPECT_EQ(config.cache.type, "memory");
  EXPECT_EQ(config.server.http.host, "127.0.0.1");
  EXPECT_EQ(config.server.http.port, 4444);
}

TEST(Config, reads_an_http_upstream_with_its_rules) {
  const Config config = accept(R"({"mcpServers": {"weather": {
      "url": "http://127.0.0.1:9001/mcp", "headers": {"Authorization": "env:WEATHER_TOKEN"},
      "prefix": false, "trusted": true,
      "cache": {"lists": {"ttl": "60s"}, "reads": {"ttl": "500ms", "scope": "public"},
                "tools": {"get_forecast": {"ttl": "5m", "stale_if_error": "1h",
                                           "scope": "public", "key": ["city"]}}}}}})",
                               {{"WEATHER_TOKEN", "Bearer t0p"}});
  ASSERT_EQ(config.upstreams.size(), 1U);
  const UpstreamConfig& weather = config.upstreams.front();
  const auto& http = std::get<HttpUpstreamOptions>(weather.options.transport);
  EXPECT_EQ(http.url, "http://127.0.0.1:9001/mcp");
  ASSERT_EQ(http.headers.size(), 1U);
  EXPECT_EQ(http.headers.front().second.reveal(), "Bearer t0p");
  EXPECT_FALSE(weather.prefix);
  EXPECT_TRUE(weather.trusted);
  EXPECT_EQ(weather.cache.lists.ttl, 60s);
  EXPECT_EQ(weather.cache.reads.ttl, 500ms);
  EXPECT_EQ(weather.cache.reads.scope, mcp::CacheScope::shared);
  const mcp::ToolRule& rule = weather.cache.tools.at("get_forecast");
  EXPECT_EQ(rule.ttl, 5min);
  EXPECT_EQ(rule.stale_if_error, 1h);
  EXPECT_EQ(rule.scope, mcp::CacheScope::shared);
  EXPECT_THAT(*rule.key_fields, testing::ElementsAre("city"));
}

TEST(Config, reads_a_stdio_upstream) {
  const Config config = accept(
      R"({"mcpServers": {"files": {"command": "npx", "args": ["-y", "x"], "env": {"A": "b"}}}})");
  const auto& stdio = std::get<StdioUpstreamOptions>(config.upstreams.at(0).options.transport);
  EXPECT_EQ(stdio.command, "npx");
  EXPECT_THAT(stdio.args, testing::ElementsAre("-y", "x"));
  EXPECT_EQ(stdio.env.at(0).second.reveal(), "b");
}

TEST(Config, refuses_unknown_keys_with_their_path_and_the_known_ones) {
  const std::string text = refusal(R"({"server": {"prot": 1}})");
  EXPECT_THAT(text, HasSubstr("server.prot"));
  EXPECT_THAT(text, HasSubstr("port"));
  EXPECT_THAT(refusal(R"({"mcpServers": {"a": {"url": "http://h/", "trsuted": true}}})"),
              HasSubstr("mcpServers.a.trsuted"));
}

TEST(Config, tells_the_path_the_value_and_what_was_expected) {
  EXPECT_EQ(refusal(R"({"server": {"port": "http"}})"),
            "server.port: found \"http\"; expected a whole number, 0 to 65535\n");
  EXPECT_THAT(refusal(R"({"cache": {"memory": {"bytes": 5}}})"),
              HasSubstr("cache.memory.bytes: found 5; expected a size like \"16MiB\""));
  EXPECT_THAT(
      refusal(R"({"mcpServers": {"a": {"url": "http://h/", "cache": {"lists": {"ttl": 60}}}}})"),
      HasSubstr("mcpServers.a.cache.lists.ttl: found 60; expected a duration like \"60s\""));
}

TEST(Config, reports_all_problems_at_once) {
  const std::string text = refusal(R"({"server": {"port": -1}, "cache": {"prefix": "a b"}})");
  EXPECT_THAT(text, HasSubstr("server.port"));
  EXPECT_THAT(text, HasSubstr("cache.prefix"));
}

TEST(Config, never_shows_a_secret) {
  const std::string text = refusal(
      R"({"mcpServers": {"a": {"url": "http://h/", "headers": {"X": "s3cret\u0007", "Y": 7}}},
          "auth": {"secret": "s3cret"}})");
  EXPECT_THAT(text, testing::Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, HasSubstr("mcpServers.a.headers"));
  EXPECT_THAT(text, HasSubstr("auth.secret"));
}

TEST(Config, names_the_variable_that_is_not_set) {
  EXPECT_THAT(
      refusal(R"({"mcpServers": {"a": {"url": "http://h/", "headers": {"X": "env:NOPE"}}}})"),
      HasSubstr("the environment variable NOPE to be set"));
}

TEST(Config, refuses_names_that_would_blur_the_prefix) {
  for (const char* name : {"a__b", "_a", "a_", "", "a b"}) {
    EXPECT_THAT(
        refusal(std::string(R"({"mcpServers": {")") + name + R"(": {"url": "http://h/"}}})"),
        HasSubstr("without \"__\""))
        << name;
  }
}

TEST(Config, wants_exactly_one_of_url_and_command) {
  EXPECT_THAT(refusal(R"({"mcpServers": {"a": {}}})"), HasSubstr("either url"));
  EXPECT_THAT(refusal(R"({"mcpServers": {"a": {"url": "http://h/", "command": "x"}}})"),
              HasSubstr("either url"));
}

TEST(Config, refuses_a_credential_in_a_url) {
  EXPECT_THAT(refusal(R"({"mcpServers": {"a": {"url": "http://u:p@h/mcp"}}})"),
              HasSubstr("credentials belong into headers"));
  EXPECT_THAT(refusal(R"({"mcpServers": {"a": {"url": "ftp://h/mcp"}}})"), HasSubstr("a URL like"));
}

TEST(Config, refuses_a_name_that_stands_twice) {
  EXPECT_THAT(refusal(R"({"server": {"port": 1, "port": 2}})"), HasSubstr("each name once"));
}

TEST(Config, knows_the_types_of_stores) {
  EXPECT_EQ(refusal(R"({"cache": {"type": "floppy"}})"),
            "cache.type: found \"floppy\"; expected one of memory, none, redis, database\n");
  EXPECT_THAT(refusal("", {{"CACHE_TYPE", "floppy"}}), HasSubstr("CACHE_TYPE: found \"floppy\""));
  EXPECT_EQ(accept(R"({"cache": {"type": "redis"}})").cache.type, "redis");
}

TEST(Config, says_what_is_not_built_in_yet) {
  EXPECT_THAT(refusal(R"({"quotas": [{"rate": 1}]})"), HasSubstr("not built in yet"));
  accept(R"({"quotas": [], "peers": [], "regions": {}, "cache": {"redis": {}}})");
}

TEST(Config, lets_the_environment_win_over_the_file) {
  const Config config =
      accept(R"({"cache": {"type": "none", "prefix": "a"}, "server": {"host": "::1", "port": 1}})",
             {{"CACHE_TYPE", "memory"}, {"CACHE_PREFIX", "b"}, {"HOST", "0.0.0.0"}, {"PORT", "2"}});
  EXPECT_EQ(config.cache.type, "memory");
  EXPECT_EQ(config.cache.prefix, "b");
  EXPECT_EQ(config.server.http.host, "0.0.0.0");
  EXPECT_EQ(config.server.http.port, 2);
}

TEST(Config, checks_the_environment_too) {
  EXPECT_THAT(refusal("", {{"PORT", "70000"}}), HasSubstr("PORT: found \"70000\""));
  EXPECT_THAT(refusal("", {{"CACHE_PREFIX", ""}}), HasSubstr("CACHE_PREFIX"));
}

TEST(Config, says_where_the_text_is_no_json) {
  EXPECT_THAT(refusal("{\"server\": "), HasSubstr("the configuration: expected JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("an object"));
}

}  // namespace
}  // namespace larder::gateway

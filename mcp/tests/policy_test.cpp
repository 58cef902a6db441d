#include <larder/mcp/policy.hpp>

#include <set>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

const ListItem kReader{.name = "get", .read_only = true};
const ListItem kWriter{.name = "put"};

TEST(CallPolicy, caches_nothing_unless_told_and_takes_calls_for_writes) {
  const CallPolicy policy = call_policy({}, {});
  EXPECT_FALSE(policy.cacheable);
  EXPECT_TRUE(policy.writes);
}

TEST(CallPolicy, follows_the_operators_rule) {
  const ToolRule rule{.ttl = milliseconds(500),
                      .stale_if_error = milliseconds(900),
                      .scope = CacheScope::shared,
                      .key_fields = std::vector<std::string>{"city"}};
  const CallPolicy policy = call_policy({}, {.rule = &rule, .tool = &kWriter});
  EXPECT_TRUE(policy.cacheable);
  EXPECT_EQ(policy.ttl, milliseconds(500));
  EXPECT_EQ(policy.stale_if_error, milliseconds(900));
  EXPECT_EQ(policy.scope, CacheScope::shared);
  EXPECT_EQ(policy.key_fields, std::vector<std::string>{"city"});
  EXPECT_FALSE(policy.writes);
}

TEST(CallPolicy, lets_a_rule_with_no_ttl_forbid_what_trust_would_allow) {
  const ToolRule never{};
  const CallPolicy reader = call_policy(
      {}, {.rule = &never, .trusted = true, .trusted_ttl = milliseconds(500), .tool = &kReader});
  EXPECT_FALSE(reader.cacheable);
  EXPECT_FALSE(reader.writes);
  EXPECT_TRUE(call_policy({}, {.rule = &never, .tool = &kWriter}).writes);
}

TEST(CallPolicy, believes_a_read_only_hint_only_of_a_trusted_upstream) {
  const CallPolicy trusted =
      call_policy({}, {.trusted = true, .trusted_ttl = milliseconds(500), .tool = &kReader});
  EXPECT_TRUE(trusted.cacheable);
  EXPECT_EQ(trusted.ttl, milliseconds(500));
  EXPECT_EQ(trusted.scope, CacheScope::personal);
  EXPECT_FALSE(call_policy({}, {.trusted_ttl = milliseconds(500), .tool = &kReader}).cacheable);
  EXPECT_FALSE(call_policy({}, {.trusted = true, .tool = &kReader}).cacheable);
  EXPECT_FALSE(
      call_policy({}, {.trusted = true, .trusted_ttl = milliseconds(500), .tool = &kWriter})
          .cacheable);
  EXPECT_FALSE(call_policy({}, {.trusted = true, .trusted_ttl = milliseconds(500)}).cacheable);
}

TEST(CallPolicy, takes_a_read_only_tool_of_anyone_for_no_write) {
  EXPECT_FALSE(call_policy({}, {.tool = &kReader}).writes);
}

TEST(CallPolicy, never_caches_retries_and_tasks) {
  const ToolRule rule{.ttl = milliseconds(500)};
  EXPECT_FALSE(call_policy({.is_retry = true}, {.rule = &rule}).cacheable);
  EXPECT_FALSE(call_policy({.asks_for_task = true}, {.rule = &rule}).cacheable);
}

TEST(Storable, is_only_a_complete_result_without_an_error) {
  EXPECT_TRUE(storable({}));
  EXPECT_FALSE(storable({.type = "input_required"}));
  EXPECT_FALSE(storable({.type = "task"}));
  EXPECT_FALSE(storable({.is_error = true}));
}

TEST(KeyId, differs_whenever_one_field_does) {
  std::set<std::string> ids;
  const KeyFacts base{.upstream = "u", .method = "m", .subject = "{}"};
  ids.insert(key_id(base));
  KeyFacts changed = base;
  for (std::string_view KeyFacts::* const field :
       {&KeyFacts::upstream, &KeyFacts::upstream_version, &KeyFacts::method, &KeyFacts::subject,
        &KeyFacts::fingerprint, &KeyFacts::client_capabilities, &KeyFacts::principal}) {
    changed = base;
    changed.*field = "other";
    ids.insert(key_id(changed));
  }
  EXPECT_EQ(ids.size(), 8U);
  for (const std::string& id : ids) {
    EXPECT_EQ(id.size(), 43U);
  }
}

TEST(KeyId, does_not_confuse_fields_that_run_together) {
  EXPECT_NE(key_id({.upstream = "ab", .upstream_version = "c"}),
            key_id({.upstream = "a", .upstream_version = "bc"}));
  EXPECT_EQ(key_id({.upstream = "a"}), key_id({.upstream = "a"}));
}

}  // namespace
}  // namespace larder::mcp

#include <larder/mcp/policy.hpp>

#include <cstdint>

#include <larder/mcp/digest.hpp>

#include "frame.hpp"

namespace larder::mcp {

CallPolicy call_policy(const RequestFacts& facts, const CallContext& context) {
  using std::chrono::milliseconds;
  const bool read_only = context.tool != nullptr && context.tool->read_only;
  CallPolicy policy;
  if (context.rule != nullptr) {
    policy.ttl = context.rule->ttl;
    policy.stale_if_error = context.rule->stale_if_error;
    policy.scope = context.rule->scope;
    policy.key_fields = context.rule->key_fields;
  } else if (context.trusted && read_only) {
    policy.ttl = context.trusted_ttl;
  }
  const bool has_ttl = policy.ttl > milliseconds(0);
  // What a retry or a task answers depends on more than its parameters.
  policy.cacheable = has_ttl && !facts.is_retry && !facts.asks_for_task;
  policy.writes = !read_only && !(context.rule != nullptr && has_ttl);
  return policy;
}

bool storable(const NormalResult& result) noexcept {
  return result.type == "complete" && !result.is_error;
}

std::string key_id(const KeyFacts& facts) {
  FrameWriter frame;
  for (const std::string_view field :
       {facts.upstream, facts.upstream_version, facts.method, facts.subject, facts.fingerprint,
        facts.client_capabilities, facts.principal}) {
    frame.text(field);
  }
  return base64url(sha256(frame.bytes()));
}

}  // namespace larder::mcp

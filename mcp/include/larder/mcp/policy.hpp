// When a tool's result may be cached, and under which key.
//
// The specification does not make tools/call cacheable; this is the operator's policy
// (research: a rule with a ttl, or a trusted upstream's readOnlyHint). Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/mcp/era.hpp>
#include <larder/mcp/list.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/result.hpp>

namespace larder::mcp {

// An operator's rule for one tool.
struct ToolRule {
  std::chrono::milliseconds ttl{0};             // 0 = never cached, whatever the hints say
  std::chrono::milliseconds stale_if_error{0};  // 0 = no stale answers
  CacheScope scope = CacheScope::personal;
  // The arguments that matter; nullopt = all. An empty list: none does.
  std::optional<std::vector<std::string>> key_fields;
};

struct CallPolicy {
  bool cacheable = false;
  std::chrono::milliseconds ttl{0};
  std::chrono::milliseconds stale_if_error{0};
  CacheScope scope = CacheScope::personal;
  std::optional<std::vector<std::string>> key_fields;
  // The call may change something: bump the upstream's tags before replying.
  bool writes = true;
};

struct CallContext {
  const ToolRule* rule = nullptr;            // of this tool, if any
  bool trusted = false;                      // the upstream is marked trusted
  std::chrono::milliseconds trusted_ttl{0};  // for trusted read-only tools without a rule
  const ListItem* tool = nullptr;            // as listed, if known
};

// A rule decides first. Without one, a trusted upstream's readOnlyHint: true tool is
// cached for trusted_ttl. Requests that retry (MRTR) or ask for a task never are. `writes`
// is false for tools with a caching rule and for tools that say readOnlyHint: true; the
// latter also of untrusted upstreams, since a lie makes only that upstream's own entries
// outlive a change.
[[nodiscard]] CallPolicy call_policy(const RequestFacts& facts, const CallContext& context);

// Whether a result that arrived may be stored at all: complete and not isError.
[[nodiscard]] bool storable(const NormalResult& result) noexcept;

// What a request asks of `target` (a tool's own name, a uri): the canonical text of all
// params that may change the result. Of `arguments` only the key fields count, where given;
// of _meta all but what says who asks and how the answer is to be sent.
[[nodiscard]] RpcResult<std::string> request_subject(
    std::string_view target, std::string_view params_json,
    const std::optional<std::vector<std::string>>& key_fields);

// Everything that may change a result. Two requests with one key text get one result.
struct KeyFacts {
  std::string_view upstream;
  std::string_view upstream_version;  // protocol revision spoken upstream
  std::string_view method;
  std::string_view subject;              // canonical params, arguments included
  std::string_view fingerprint;          // of the tool's definition; empty if unknown
  std::string_view client_capabilities;  // canonical; empty where they cannot matter
  std::string_view principal;            // HMAC of the auth context; empty for shared
};

// The id of a cache key: 43 characters, a digest over unambiguously framed fields.
[[nodiscard]] std::string key_id(const KeyFacts& facts);

}  // namespace larder::mcp

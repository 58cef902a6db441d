// What a request is about, as part of its cache key.
#include <algorithm>
#include <array>

#include <larder/mcp/canonical.hpp>
#include <larder/mcp/policy.hpp>

#include "json.hpp"
#include "meta_keys.hpp"
#include "splice.hpp"

namespace larder::mcp {
namespace {

// What _meta says of the sender, the stream and the trace, but not of the result. The
// capabilities are a part of the key of their own.
constexpr std::array<std::string_view, 8> kNoMatter = {meta::kVersion,
                                                       meta::kClientInfo,
                                                       meta::kClientCapabilities,
                                                       meta::kLogLevel,
                                                       meta::kProgressToken,
                                                       "traceparent",
                                                       "tracestate",
                                                       "baggage"};

void add_meta(MemberList& kept, std::string_view meta_json) {
  const auto meta = json::Object::read(meta_json);
  if (!meta) {
    return;
  }
  MemberList vendors;
  for (const json::Member& member : *meta) {
    if (std::ranges::find(kNoMatter, member.name) == kNoMatter.end()) {
      vendors.add_raw(member.raw);
    }
  }
  if (!vendors.empty()) {
    kept.add(meta::kMember, vendors.object());
  }
}

}  // namespace

RpcResult<std::string> request_subject(std::string_view target, std::string_view params_json,
                                       const std::optional<std::vector<std::string>>& key_fields) {
  const auto params = json::Object::read(params_json);
  if (!params) {
    return std::unexpected(
        RpcError{.code = code::kInvalidParams, .message = "params: expected an object"});
  }
  std::string subject = quote_json(target);
  MemberList kept;
  for (const json::Member& member : *params) {
    if (member.name == meta::kMember) {
      add_meta(kept, member.value);
    } else if (member.name == "arguments" && key_fields) {
      auto chosen = canonical_members(member.value, *key_fields);
      if (!chosen) {
        return chosen;
      }
      kept.add(member.name, *chosen);
    } else if (member.name != "name" && member.name != "uri") {
      kept.add_raw(member.raw);
    }
  }
  auto rest = canonical_json(kept.object());
  if (!rest) {
    return rest;
  }
  return subject.append(*rest);
}

}  // namespace larder::mcp

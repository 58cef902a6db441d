#include <larder/mcp/result.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <larder/entry.hpp>
#include <larder/mcp/request.hpp>

#include "json.hpp"
#include "meta_keys.hpp"
#include "splice.hpp"

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

// No hint for what is no number or negative; a fraction of a millisecond is dropped, and
// nothing is fresh for longer than a store would keep it.
std::optional<milliseconds> read_ttl(std::string_view json) noexcept {
  double ttl = 0;
  const auto [end, failure] = std::from_chars(json.data(), json.data() + json.size(), ttl);
  const bool out_of_range = failure == std::errc::result_out_of_range;
  if ((failure != std::errc() && !out_of_range) || json.starts_with('-') ||
      end != json.data() + json.size()) {
    return std::nullopt;
  }
  constexpr auto kMax = Life::kTotalMax;
  if (out_of_range) {
    // Too small for a double is as good as zero.
    return json.find("e-") == std::string_view::npos && json.find("E-") == std::string_view::npos
               ? kMax
               : milliseconds(0);
  }
  return ttl >= static_cast<double>(kMax.count())
             ? kMax
             : milliseconds(static_cast<milliseconds::rep>(ttl));
}

// `_meta` as it stood, with our serverInfo where it has none. What is no object cannot be
// added to and means nothing in the protocol, so ours replaces it.
std::string with_server_info(std::string_view meta_json) {
  MemberList members;
  if (const auto object = json::Object::read(meta_json)) {
    if (!object->find(meta::kServerInfo).empty()) {
      return std::string(meta_json);
    }
    for (const json::Member& member : *object) {
      members.add_raw(member.raw);
    }
  }
  members.add(meta::kServerInfo, implementation_json());
  return members.object();
}

std::unexpected<RpcError> unreadable(std::string message) {
  return std::unexpected(RpcError{.code = code::kInternalError, .message = std::move(message)});
}

}  // namespace

std::string_view to_string(CacheScope scope) noexcept {
  return scope == CacheScope::shared ? "public" : "private";
}

RpcResult<NormalResult> normalise_result(std::string_view result_json) {
  const auto object = json::Object::read(result_json);
  if (!object || !json::is_utf8(result_json)) {
    return unreadable("The upstream's result is no object.");
  }
  NormalResult result;
  MemberList members;
  std::string_view meta_json;
  for (const json::Member& member : *object) {
    if (member.name == "resultType") {
      auto type = json::read_string(member.value);
      if (!type) {
        return unreadable("The upstream's resultType is no string.");
      }
      result.type = *std::move(type);
    } else if (member.name == "ttlMs") {
      result.hints.ttl = read_ttl(member.value);
    } else if (member.name == "cacheScope") {
      result.hints.scope =
          json::read_string(member.value) == "public" ? CacheScope::shared : CacheScope::personal;
    } else if (member.name == meta::kMember) {
      meta_json = member.value;
    } else {
      result.is_error = result.is_error || (member.name == "isError" && member.value == "true");
      members.add_raw(member.raw);
    }
  }
  members.add(meta::kMember, with_server_info(meta_json));
  result.members = json::one_line(members.text());
  return result;
}

std::string Splice::around(std::string_view members) const {
  std::string out = prefix;
  if (members.empty() && out.ends_with(',')) {
    out.pop_back();
  }
  return out.append(members).append(suffix);
}

Splice splice_result(std::string_view id_json, Era client_era, std::string_view result_type,
                     const std::optional<CacheHints>& hints) {
  std::string prefix = fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{)", id_json);
  if (client_era == Era::modern) {
    prefix.append("\"resultType\":").append(quote_json(result_type)).push_back(',');
    if (hints) {
      const auto ttl = std::max(hints->ttl.value_or(milliseconds(0)), milliseconds(0));
      fmt::format_to(std::back_inserter(prefix), R"("ttlMs":{},"cacheScope":"{}",)", ttl.count(),
                     to_string(hints->scope));
    }
  }
  return Splice{.prefix = std::move(prefix), .suffix = "}}"};
}

bool carries_hints(std::string_view method) noexcept {
  constexpr std::string_view kMethods[] = {"server/discover", "tools/list",
                                           "prompts/list",    "resources/list",
                                           "resources/read",  "resources/templates/list"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

}  // namespace larder::mcp

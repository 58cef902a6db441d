// Results: taken apart once when they arrive, spliced into answers ever after.
//
// A NormalResult is free of what depends on the asker or the moment (resultType, ttlMs,
// cacheScope), so the same stored bytes answer clients of both eras, with the ttl that
// remains. Source: MCP 2026-07-28 server/utilities/caching, basic/index "ResultType".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <larder/mcp/era.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

// Ordered: the more private of two is the larger.
enum class CacheScope : std::uint8_t { shared, personal };  // "public", "private" on the wire

[[nodiscard]] std::string_view to_string(CacheScope scope) noexcept;  // "public" / "private"

// What the server says of caching. A missing or negative ttlMs is "no hint", one over
// Life::kTotalMax counts as that; a missing or unknown cacheScope is private, the safe
// reading.
struct CacheHints {
  std::optional<std::chrono::milliseconds> ttl;
  CacheScope scope = CacheScope::personal;
};

struct NormalResult {
  std::string type = "complete";  // resultType; absent on the wire = complete
  CacheHints hints;
  bool is_error = false;  // tools/call isError
  // The remaining members, "a":1,"b":2 without braces; _meta carries serverInfo (ours
  // where the upstream gave none), so that every answer identifies its server.
  std::string members;
};

// kInternalError when `result_json` is no object.
[[nodiscard]] RpcResult<NormalResult> normalise_result(std::string_view result_json);

// The text around stored members: prefix + members + suffix is the whole answer. The members
// of a NormalResult are never empty (they hold _meta); for those that may be, use around().
struct Splice {
  std::string prefix;
  std::string suffix;

  // The whole answer in one text, also without members.
  [[nodiscard]] std::string around(std::string_view members) const;
};

// For methods whose results carry hints (lists, reads, discover), pass them; for others
// and for legacy clients, nullopt.
[[nodiscard]] Splice splice_result(std::string_view id_json, Era client_era,
                                   std::string_view result_type,
                                   const std::optional<CacheHints>& hints);

// True for the six methods whose complete results MUST carry hints.
[[nodiscard]] bool carries_hints(std::string_view method) noexcept;

}  // namespace larder::mcp

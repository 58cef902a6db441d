// Cursors of merged lists: which upstreams have more, sealed so that nobody can forge one.
//
// base64url( version, payload, HMAC-SHA-256 truncated to 16 bytes ). The payload names the
// list and each upstream's own cursor. A cursor made with another key or for another list
// does not open: kInvalidParams, as the specification asks for invalid cursors.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <larder/mcp/list.hpp>
#include <larder/mcp/result.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

struct MergedCursor {
  ListKind kind = ListKind::tools;
  CacheScope scope = CacheScope::shared;  // of the first page; all pages keep it or tighten
  std::vector<std::pair<std::string, std::string>> parts;  // upstream, its cursor

  friend bool operator==(const MergedCursor&, const MergedCursor&) = default;
};

class CursorSealer {
 public:
  // `key`: 32 bytes or more of secret; nodes that share it open each other's cursors.
  explicit CursorSealer(std::string key) noexcept : key_(std::move(key)) {}

  [[nodiscard]] std::string seal(const MergedCursor& cursor) const;
  [[nodiscard]] RpcResult<MergedCursor> open(std::string_view text, ListKind kind) const;

 private:
  std::string key_;
};

}  // namespace larder::mcp

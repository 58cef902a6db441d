// RFC 8785 (JCS): one text for equal JSON values, so that equal calls share a cache key.
//
// One deviation, on purpose: a number that a double cannot hold exactly keeps its digits,
// since folding two different integers into one key would serve one caller the other's
// result.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

// `json` is a whole JSON value. Fails with kInvalidParams on bad grammar or duplicate keys.
[[nodiscard]] RpcResult<std::string> canonical_json(std::string_view json);

// The canonical object of only these members of an object; absent ones are left out.
// An empty text counts as {}.
[[nodiscard]] RpcResult<std::string> canonical_members(std::string_view object_json,
                                                       std::span<const std::string> members);

}  // namespace larder::mcp

// RFC 8785 (JCS): one text for equal JSON values, so that equal calls share a cache key.
//
// One deviation, on purpose: an integer that a double cannot hold exactly keeps its digits,
// and so does a number beyond a double's range, since folding two different ids into one
// key would serve one caller the other's result. Numbers with a fraction or an exponent are
// doubles to every reader, so they fold as RFC 8785 says.
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

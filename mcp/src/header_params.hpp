// The arguments that a tool's inputSchema mirrors into HTTP headers.
// Source: MCP 2026-07-28 basic/transports/streamable-http, "Schema Extension".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <larder/mcp/headers.hpp>

namespace larder::mcp {

// In the order of the schema; nullopt when an annotation breaks a rule, which makes the
// whole tool invalid. `schema_json` must be well-formed or
// empty (no schema).
[[nodiscard]] std::optional<std::vector<HeaderParam>> read_header_params(
    std::string_view schema_json);

}  // namespace larder::mcp

// The keys of `_meta` that the gateway itself writes or removes.
// Source: MCP 2026-07-28 basic/index, "Reserved keys".
#pragma once

#include <string_view>

namespace larder::mcp::meta {

inline constexpr std::string_view kMember = "_meta";
inline constexpr std::string_view kVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kClientInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kClientCapabilities =
    "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kServerInfo = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kProgressToken = "progressToken";

}  // namespace larder::mcp::meta

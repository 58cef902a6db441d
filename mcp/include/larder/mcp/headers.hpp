// The HTTP headers that mirror a modern request's body, checked and written.
// Source: MCP 2026-07-28 basic/transports/streamable-http, "Request Metadata".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <larder/mcp/request.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

using HeaderView = std::pair<std::string_view, std::string_view>;
using Header = std::pair<std::string, std::string>;

// A tool's argument that is mirrored in Mcp-Param-<header>: inputSchema `x-mcp-header`.
struct HeaderParam {
  std::string header;             // the part after "Mcp-Param-"
  std::vector<std::string> path;  // keys from `arguments` down to the value
  std::string type;               // "string", "integer" or "boolean"

  friend bool operator==(const HeaderParam&, const HeaderParam&) = default;
};

// Plain text as it is, else =?base64?...?=. Total: any bytes can be encoded.
[[nodiscard]] std::string encode_header_value(std::string_view value);

// nullopt for invalid characters or a broken sentinel.
[[nodiscard]] std::optional<std::string> decode_header_value(std::string_view header);

// nullopt when MCP-Protocol-Version, Mcp-Method, Mcp-Name and the recognised Mcp-Param-*
// agree with the body; else kHeaderMismatch naming the header and both values. Header
// names compare without case, integers numerically. Unknown Mcp-Param-* are ignored.
[[nodiscard]] std::optional<RpcError> check_headers(std::span<const HeaderView> headers,
                                                    const Message& request,
                                                    const RequestFacts& facts,
                                                    std::span<const HeaderParam> params);

// The headers for a modern request to an upstream: MCP-Protocol-Version, Mcp-Method,
// Mcp-Name where the method has one, Mcp-Param-* for the tool's mirrored arguments.
[[nodiscard]] std::vector<Header> write_headers(const Outgoing& request, const RequestFacts& facts,
                                                std::span<const HeaderParam> params);

}  // namespace larder::mcp

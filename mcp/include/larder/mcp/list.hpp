// Lists: one upstream's page, renamed for the merged catalogue, and the merge.
//
// Sources: MCP 2026-07-28 server/tools (names, annotations, x-mcp-header), server/utilities/
// pagination and caching ("same scope on all pages").
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <larder/mcp/headers.hpp>
#include <larder/mcp/result.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

enum class ListKind : std::uint8_t { tools, prompts, resources, resource_templates };

[[nodiscard]] std::optional<ListKind> list_kind(std::string_view method) noexcept;
[[nodiscard]] std::string_view list_method(ListKind kind) noexcept;  // "tools/list", ...
[[nodiscard]] std::string_view list_member(ListKind kind) noexcept;  // "tools", ...

// Between an upstream's name and the name it gives, in a merged catalogue.
inline constexpr std::string_view kNameSeparator = "__";

// What routing and policy know of one listed thing.
struct ListItem {
  std::string name;        // as the upstream calls it; the uri (or template) of resources
  bool read_only = false;  // tools: annotations.readOnlyHint === true
  bool open_world = true;  // tools: annotations.openWorldHint, default true
  std::vector<HeaderParam> params{};  // tools: mirrored arguments
  std::string fingerprint{};          // tools: SHA-256 of the canonical definition, 16 hex digits
};

struct ListPage {
  std::vector<ListItem> items;
  // The items as JSON, joined by commas, names prefixed. Tools with invalid x-mcp-header
  // annotations are left out (a MUST for clients over HTTP) and named in `dropped`.
  std::string items_json;
  std::optional<std::string> next_cursor;
  CacheHints hints;
  std::vector<std::string> dropped{};
};

// `prefix` goes in front of tool and prompt names ("weather__"; "" for none); resource
// uris are kept. kInternalError when the result has not the shape of such a list.
[[nodiscard]] RpcResult<ListPage> parse_list_page(ListKind kind, std::string_view result_json,
                                                  std::string_view prefix);

// A page as it is stored, with what merging needs; and back. decode fails with
// kInternalError on foreign bytes.
[[nodiscard]] std::string encode_page(const ListPage& page);
[[nodiscard]] RpcResult<ListPage> decode_page(std::string_view stored);

// Minimum of the remaining ttls (no hint counts as zero), most private of the scopes.
[[nodiscard]] CacheHints merge_hints(std::span<const CacheHints> hints);

// "tools":[...],"nextCursor":"..." for splice_result.
[[nodiscard]] std::string merge_members(ListKind kind, std::span<const std::string_view> items_json,
                                        const std::optional<std::string>& next_cursor);

}  // namespace larder::mcp

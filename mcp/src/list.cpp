#include <larder/mcp/list.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <larder/mcp/canonical.hpp>
#include <larder/mcp/digest.hpp>

#include "header_params.hpp"
#include "json.hpp"
#include "splice.hpp"

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

struct KindNames {
  ListKind kind;
  std::string_view method;
  std::string_view member;
  std::string_view key;  // the member of an item that identifies it
};

constexpr KindNames kKinds[] = {
    {ListKind::tools, "tools/list", "tools", "name"},
    {ListKind::prompts, "prompts/list", "prompts", "name"},
    {ListKind::resources, "resources/list", "resources", "uri"},
    {ListKind::resource_templates, "resources/templates/list", "resourceTemplates", "uriTemplate"}};

const KindNames& names_of(ListKind kind) noexcept {
  const auto* const found = std::ranges::find(kKinds, kind, &KindNames::kind);
  return found == std::end(kKinds) ? kKinds[0] : *found;
}

std::unexpected<RpcError> unreadable(std::string what) {
  return std::unexpected(RpcError{.code = code::kInternalError,
                                  .message = "The upstream's list is unreadable: " + what});
}

// The first 16 hex digits of the SHA-256 of the definition, however it was spelled.
std::optional<std::string> fingerprint_of(std::string_view item_json) {
  const auto canonical = canonical_json(item_json);
  if (!canonical) {
    return std::nullopt;
  }
  std::string out;
  const Digest digest = sha256(*canonical);
  for (std::size_t i = 0; i < 8; ++i) {
    fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
  }
  return out;
}

bool read_tool(const json::Object& object, std::string_view item_json, ListItem& item) {
  if (const auto annotations = json::Object::read(object.find("annotations"))) {
    item.read_only = annotations->find("readOnlyHint") == "true";
    item.open_world = annotations->find("openWorldHint") != "false";
  }
  auto params = read_header_params(object.find("inputSchema"));
  auto fingerprint = fingerprint_of(item_json);
  if (!params || !fingerprint) {
    return false;
  }
  item.params = *std::move(params);
  item.fingerprint = *std::move(fingerprint);
  return true;
}

// The item as it stands, its name behind the prefix.
std::string renamed(const json::Object& object, std::string_view name, std::string_view prefix) {
  MemberList members;
  for (const json::Member& member : object) {
    if (member.name == "name") {
      members.add("name", quote_json(std::string(prefix).append(name)));
    } else {
      members.add_raw(member.raw);
    }
  }
  return members.object();
}

// Adds an item to the page, or its name to what was dropped.
void add_item(ListPage& page, const KindNames& kind, std::string_view item_json,
              std::string_view prefix, std::size_t place) {
  const auto object = json::Object::read(item_json);
  auto name = object ? json::read_string(object->find(kind.key)) : std::nullopt;
  if (!name) {
    page.dropped.push_back(fmt::format("{}[{}]", kind.member, place));
    return;
  }
  ListItem item{.name = *name};
  if (kind.kind == ListKind::tools && !read_tool(*object, item_json, item)) {
    page.dropped.push_back(*std::move(name));
    return;
  }
  const bool is_named = kind.key == "name" && !prefix.empty();
  page.items_json.append(page.items_json.empty() ? "" : ",")
      .append(json::compact(is_named ? renamed(*object, *name, prefix) : item_json));
  page.items.push_back(std::move(item));
}

}  // namespace

std::optional<ListKind> list_kind(std::string_view method) noexcept {
  const auto* const found = std::ranges::find(kKinds, method, &KindNames::method);
  return found == std::end(kKinds) ? std::nullopt : std::optional(found->kind);
}

std::string_view list_method(ListKind kind) noexcept { return names_of(kind).method; }

std::string_view list_member(ListKind kind) noexcept { return names_of(kind).member; }

RpcResult<ListPage> parse_list_page(ListKind kind, std::string_view result_json,
                                    std::string_view prefix) {
  const auto normal = normalise_result(result_json);
  const auto object = json::Object::read(result_json);
  if (!normal || !object || normal->type != "complete") {
    return unreadable("it is no complete result.");
  }
  const KindNames& names = names_of(kind);
  const auto items = json::read_array(object->find(names.member));
  if (!items) {
    return unreadable(fmt::format("it has no array \"{}\".", names.member));
  }
  ListPage page{.hints = normal->hints};
  if (const std::string_view cursor = object->find("nextCursor");
      !cursor.empty() && cursor != "null") {
    page.next_cursor = json::read_string(cursor);
    if (!page.next_cursor) {
      return unreadable("its nextCursor is no string.");
    }
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    add_item(page, names, (*items)[i], prefix, i);
  }
  return page;
}

CacheHints merge_hints(std::span<const CacheHints> hints) {
  if (hints.empty()) {
    return CacheHints{.ttl = milliseconds(0), .scope = CacheScope::personal};
  }
  CacheHints merged{.ttl = milliseconds::max(), .scope = CacheScope::shared};
  for (const CacheHints& one : hints) {
    merged.ttl = std::min(*merged.ttl, one.ttl.value_or(milliseconds(0)));
    merged.scope = std::max(merged.scope, one.scope);
  }
  return merged;
}

std::string merge_members(ListKind kind, std::span<const std::string_view> items_json,
                          const std::optional<std::string>& next_cursor) {
  MemberList items;
  for (const std::string_view some : items_json) {
    if (!some.empty()) {
      items.add_raw(some);
    }
  }
  MemberList members;
  members.add(list_member(kind), "[" + items.text() + "]");
  if (next_cursor) {
    members.add("nextCursor", quote_json(*next_cursor));
  }
  return members.text();
}

}  // namespace larder::mcp

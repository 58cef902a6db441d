// Lists of the catalogue: pages of each upstream, through the cache, merged.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/catalogue.hpp"
#include "engine/gather.hpp"
#include "engine/receive.hpp"

namespace larder::gateway {

using mcp::ListKind;

// One upstream's page, or why there is none.
struct Catalogue::Page {
  Member* member = nullptr;
  bool offered = true;                   // false: this upstream has no such things
  std::optional<mcp::RpcError> error{};  // the upstream refused or gave no answer
  mcp::ListPage page{};
  mcp::CacheHints hints{};  // with the ttl that is left
  CacheNote note{};
};

namespace {

// The gateway's own reading, for routing: never shown to a client.
constexpr Asker kOwnReading{.principal = "gateway"};

struct PageCall {
  Member* member;
  ListKind kind;
  std::optional<std::string> cursor;
  std::string client_capabilities;
  milliseconds ttl_max;
};

// A page as it is stored. What cannot be read is the upstream's fault, not a result.
Result<Received> receive_page(const PageCall& call, const UpstreamReply& reply) {
  auto received = receive_hinted(reply, call.member->config().cache.lists, call.ttl_max);
  const bool complete =
      received && (received->form == ResultForm::shared || received->form == ResultForm::personal);
  if (!complete) {
    return received;
  }
  const auto page = mcp::parse_list_page(call.kind, reply.json, call.member->prefix());
  if (!page) {
    return fail(Errc::protocol_error, page.error().message);
  }
  received->body = mcp::encode_page(*page);
  return received;
}

awaitable<Result<Received>> fetch_page(PageCall call, Deadline deadline) {
  const std::string method(list_method(call.kind));
  const auto reply = co_await call.member->upstream().call(
      {.method = method,
       .request = {.method = method,
                   .client_capabilities_json = call.client_capabilities,
                   .cursor = call.cursor},
       .deadline = deadline});
  if (!reply) {
    co_return std::unexpected(reply.error());
  }
  co_return receive_page(call, *reply);
}

std::string unavailable_meta(const std::vector<std::string>& names) {
  if (names.empty()) {
    return {};
  }
  std::string text = ",\"io.larder/unavailable\":[";
  for (const std::string& name : names) {
    text.append(text.back() == '[' ? "" : ",").append(mcp::quote_json(name));
  }
  return text.append("]");
}

}  // namespace

awaitable<Catalogue::Page> Catalogue::page(Member& member, ListKind kind,
                                           std::optional<std::string> cursor, Asker asker) {
  Page page{.member = &member};
  const auto known = co_await facts(member);
  if (!known) {
    page.error = answer_error(member.name(), known.error()).error().error;
    co_return page;
  }
  if (!offers_of((*known)->capabilities_json).of(kind)) {
    page.offered = false;
    co_return page;
  }
  const bool modern = (*known)->era == mcp::Era::modern;
  const std::string_view capabilities = modern ? asker.client_capabilities : "{}";
  const std::string subject = cursor ? mcp::quote_json(*cursor) : std::string();
  const ResultQuery query{.facts = {.upstream = member.name(),
                                    .upstream_version = (*known)->version,
                                    .method = list_method(kind),
                                    .subject = subject,
                                    .fingerprint = {},
                                    .client_capabilities = capabilities,
                                    .principal = {}},
                          .principal = asker.principal,
                          .scope = std::nullopt,
                          .load_deadline = member.config().options.limits.call_timeout,
                          .tags = {member.tag(), member.list_tag(kind)}};
  auto found = co_await results_.find(query);
  if (!found) {
    const PageCall call{.member = &member,
                        .kind = kind,
                        .cursor = std::move(cursor),
                        .client_capabilities = std::string(capabilities),
                        .ttl_max = bounds_.ttl_max};
    const Fetch fetch = [call](Deadline deadline) { return fetch_page(call, deadline); };
    auto loaded = co_await results_.load(query, fetch);
    if (!loaded) {
      page.error = answer_error(member.name(), loaded.error()).error().error;
      co_return page;
    }
    found = *std::move(loaded);
  }
  page.note = found->note;
  const StoredResult& result = found->result;
  if (result.form == ResultForm::error) {
    page.error = mcp::parse_error(result.body.view());
    co_return page;
  }
  auto decoded = mcp::decode_page(result.body.view());
  if (!decoded) {
    page.error = decoded.error();
    co_return page;
  }
  page.page = *std::move(decoded);
  page.hints = {.ttl = std::max(found->ttl_left, milliseconds(0)), .scope = scope_of(result.form)};
  co_return page;
}

awaitable<std::vector<Catalogue::Page>> Catalogue::first_pages(ListKind kind, Asker asker) {
  std::vector<awaitable<Page>> pages;
  for (const auto& member : members_) {
    pages.push_back(page(*member, kind, std::nullopt, asker));
  }
  co_return co_await gather(std::move(pages));
}

awaitable<std::vector<Catalogue::Page>> Catalogue::next_pages(const mcp::MergedCursor& cursor,
                                                              Asker asker) {
  std::vector<awaitable<Page>> pages;
  for (const auto& [name, own_cursor] : cursor.parts) {
    if (Member* member = find(name)) {
      pages.push_back(page(*member, cursor.kind, own_cursor, asker));
    }
  }
  co_return co_await gather(std::move(pages));
}

awaitable<RpcOutcome> Catalogue::list(const RpcRequest& request, ListKind kind) {
  const Asker asker{.principal = request.client.principal,
                    .client_capabilities = request.client.capabilities};
  if (!request.facts.cursor) {
    co_return merge(kind, co_await first_pages(kind, asker), std::nullopt);
  }
  const auto cursor = cursors_.open(*request.facts.cursor, kind);
  if (!cursor) {
    co_return std::unexpected(RpcFailure{.error = cursor.error(), .note = {}});
  }
  co_return merge(kind, co_await next_pages(*cursor, asker), *cursor);
}

RpcOutcome Catalogue::merge(ListKind kind, std::vector<Page> pages,
                            const std::optional<mcp::MergedCursor>& cursor) const {
  std::vector<std::string_view> items;
  std::vector<mcp::CacheHints> hints;
  std::vector<CacheNote> notes;
  std::vector<std::string> unavailable;
  mcp::MergedCursor next{
      .kind = kind, .scope = cursor ? cursor->scope : mcp::CacheScope::shared, .parts = {}};
  const Page* refused = nullptr;
  for (const Page& page : pages) {
    if (page.error) {
      refused = refused == nullptr ? &page : refused;
      unavailable.push_back(page.member->name());
    } else if (page.offered) {
      items.push_back(page.page.items_json);
      hints.push_back(page.hints);
      notes.push_back(page.note);
      if (page.page.next_cursor) {
        next.parts.emplace_back(page.member->name(), *page.page.next_cursor);
      }
    }
  }
  // Leaving an upstream out of a later page would lose what it holds without a word; and
  // with nothing to show at all, the reason is the answer.
  if (refused != nullptr && (cursor || items.empty())) {
    return std::unexpected(RpcFailure{.error = *refused->error, .note = refused->note});
  }
  mcp::CacheHints merged = mcp::merge_hints(hints);
  if (hints.empty()) {
    merged = {.ttl = milliseconds(0), .scope = mcp::CacheScope::shared};
  }
  next.scope = std::max(next.scope, merged.scope);
  merged.scope = next.scope;
  if (!unavailable.empty()) {
    merged.ttl = milliseconds(0);
  }
  const auto next_cursor = next.parts.empty() ? std::nullopt : std::optional(cursors_.seal(next));
  std::string members = mcp::merge_members(kind, items, next_cursor);
  members.append(",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":")
      .append(mcp::implementation_json())
      .append(unavailable_meta(unavailable))
      .append("}");
  return RpcAnswer{
      .hints = merged, .members = Bytes(std::move(members)), .note = merge_notes(notes)};
}

awaitable<std::shared_ptr<const Index>> Catalogue::index(Member& member, ListKind kind) {
  if (auto known = member.index(kind, clock_.now())) {
    co_return known;
  }
  auto index = std::make_shared<Index>();
  // Definitions whose list names no ttl are read again this often at most: they route and
  // describe calls, they are not answers.
  constexpr milliseconds kGoodFor{60'000};
  std::optional<std::string> cursor;
  for (std::size_t i = 0; i < bounds_.pages_max; ++i) {
    Page read = co_await page(member, kind, std::move(cursor), kOwnReading);
    if (read.error) {
      co_return nullptr;
    }
    for (mcp::ListItem& item : read.page.items) {
      std::string name = item.name;
      index->items.insert_or_assign(std::move(name), std::move(item));
    }
    if (!read.page.next_cursor) {
      member.set_index(kind, index, clock_.in(kGoodFor));
      co_return index;
    }
    cursor = std::move(read.page.next_cursor);
  }
  log_.warning("catalogue", "a list has more pages than are read for routing",
               {{"upstream", member.name()}, {"list", list_method(kind)}});
  member.set_index(kind, index, clock_.in(kGoodFor));
  co_return index;
}

}  // namespace larder::gateway

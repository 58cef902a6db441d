// Catalogue: the upstreams merged into one, and which of them a name belongs to.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <larder/log.hpp>
#include <larder/mcp/cursor.hpp>

#include "engine/exchange.hpp"
#include "engine/member.hpp"
#include "engine/result_cache.hpp"

namespace larder::gateway {

using FactsPtr = std::shared_ptr<const ServerFacts>;

// What a server offers, from its capabilities.
struct Offers {
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  bool completions = false;

  [[nodiscard]] bool of(mcp::ListKind kind) const noexcept;
};

[[nodiscard]] Offers offers_of(std::string_view capabilities_json);

// Where a request goes, and what its target calls the thing asked for.
struct Route {
  Member* member = nullptr;
  std::string own_name;
};

// For whom a list is fetched. Its answer may depend on both.
struct Asker {
  std::string_view principal;
  std::string_view client_capabilities = "{}";  // canonical
};

class Catalogue {
 public:
  struct Bounds {
    milliseconds ttl_max{0};
    std::size_t pages_max = 100;  // of one upstream's list, when an index is read
  };

  Catalogue(std::vector<std::unique_ptr<Member>> members, ResultCache& results,
            mcp::CursorSealer cursors, Bounds bounds, Clock& clock, LogSink& log);

  [[nodiscard]] std::span<const std::unique_ptr<Member>> members() const noexcept {
    return members_;
  }

  // What the upstream said when it connected; what it said last if it is away now.
  [[nodiscard]] awaitable<Result<FactsPtr>> facts(Member& member);

  // What all offer together. Everything, while one of them is not known.
  [[nodiscard]] awaitable<Offers> offers();

  // tools/list and the like, merged over all upstreams.
  [[nodiscard]] awaitable<RpcOutcome> list(const RpcRequest& request, mcp::ListKind kind);

  // All of one upstream's things of a kind; nullptr when they cannot be read now.
  [[nodiscard]] awaitable<std::shared_ptr<const Index>> index(Member& member, mcp::ListKind kind);

  // Tools and prompts by their listed name; kInvalidParams when nobody has it.
  [[nodiscard]] awaitable<mcp::RpcResult<Route>> route(mcp::ListKind kind, std::string_view listed);

  // Who may have a uri, most likely first.
  [[nodiscard]] awaitable<std::vector<Member*>> owners(std::string_view uri);

  // "tool 'echo' is offered by both 'a' and 'b'": names that several unprefixed upstreams
  // offer. Upstreams that cannot be read in time are left out.
  [[nodiscard]] awaitable<std::vector<std::string>> conflicts();

  // Drops what a notice of the upstream makes outdated.
  [[nodiscard]] awaitable<void> on_notice(Member& member, const UpstreamNotice& notice);

  [[nodiscard]] milliseconds granted(milliseconds ttl) const noexcept {
    return std::clamp(ttl, milliseconds(0), bounds_.ttl_max);
  }

 private:
  struct Page;

  [[nodiscard]] Member* find(std::string_view name) const noexcept;
  [[nodiscard]] awaitable<Page> page(Member& member, mcp::ListKind kind,
                                     std::optional<std::string> cursor, Asker asker);
  [[nodiscard]] awaitable<std::vector<Page>> first_pages(mcp::ListKind kind, Asker asker);
  [[nodiscard]] awaitable<std::vector<Page>> next_pages(const mcp::MergedCursor& cursor,
                                                        Asker asker);
  [[nodiscard]] RpcOutcome merge(mcp::ListKind kind, std::vector<Page> pages,
                                 const std::optional<mcp::MergedCursor>& cursor) const;

  std::vector<std::unique_ptr<Member>> members_;
  ResultCache& results_;
  mcp::CursorSealer cursors_;
  Bounds bounds_;
  Clock& clock_;
  LogSink& log_;
};

}  // namespace larder::gateway

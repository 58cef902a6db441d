#include "engine/catalogue.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/gather.hpp"
#include "engine/uri_template.hpp"

namespace larder::gateway {
namespace {

using mcp::ListKind;

bool ambiguous_with_prefix(const Member& unprefixed, const Member& other, std::string_view name) {
  return &unprefixed != &other && !other.prefix().empty() && name.starts_with(other.prefix());
}

bool any_template_matches(const Index& templates, std::string_view uri) {
  return std::ranges::any_of(templates.items,
                             [uri](const auto& item) { return matches_template(uri, item.first); });
}

std::string_view thing(ListKind kind) noexcept {
  return kind == ListKind::tools ? "tool" : "prompt";
}

}  // namespace

bool Offers::of(ListKind kind) const noexcept {
  switch (kind) {
    case ListKind::tools:
      return tools;
    case ListKind::prompts:
      return prompts;
    case ListKind::resources:
    case ListKind::resource_templates:
      return resources;
  }
  std::unreachable();
}

Offers offers_of(std::string_view capabilities_json) {
  const auto json = nlohmann::json::parse(capabilities_json, nullptr, false);
  if (!json.is_object()) {
    return {};
  }
  return Offers{.tools = json.contains("tools"),
                .prompts = json.contains("prompts"),
                .resources = json.contains("resources"),
                .completions = json.contains("completions")};
}

Catalogue::Catalogue(std::vector<std::unique_ptr<Member>> members, ResultCache& results,
                     mcp::CursorSealer cursors, Bounds bounds, Clock& clock, LogSink& log)
    : members_(std::move(members)),
      results_(results),
      cursors_(std::move(cursors)),
      bounds_(bounds),
      clock_(clock),
      log_(log) {}

Member* Catalogue::find(std::string_view name) const noexcept {
  const auto place = std::ranges::find(
      members_, name, [](const auto& member) -> std::string_view { return member->name(); });
  return place == members_.end() ? nullptr : place->get();
}

awaitable<Result<FactsPtr>> Catalogue::facts(Member& member) {
  const auto [known, current] = member.facts();
  if (current) {
    co_return known;
  }
  const auto deadline = clock_.in(member.config().options.limits.handshake_timeout);
  auto asked = co_await member.upstream().facts(deadline);
  if (asked) {
    auto facts = std::make_shared<const ServerFacts>(*std::move(asked));
    member.set_facts(facts);
    co_return facts;
  }
  if (known) {
    co_return known;
  }
  co_return std::unexpected(asked.error());
}

awaitable<Offers> Catalogue::offers() {
  std::vector<awaitable<Result<FactsPtr>>> questions;
  for (const auto& member : members_) {
    questions.push_back(facts(*member));
  }
  Offers all;
  for (const Result<FactsPtr>& known : co_await gather(std::move(questions))) {
    if (!known) {
      co_return Offers{.tools = true, .prompts = true, .resources = true, .completions = true};
    }
    const Offers one = offers_of((*known)->capabilities_json);
    all.tools = all.tools || one.tools;
    all.prompts = all.prompts || one.prompts;
    all.resources = all.resources || one.resources;
    all.completions = all.completions || one.completions;
  }
  co_return all;
}

awaitable<mcp::RpcResult<Route>> Catalogue::route(ListKind kind, std::string_view listed) {
  std::vector<Member*> unprefixed;
  for (const auto& member : members_) {
    if (member->prefix().empty()) {
      unprefixed.push_back(member.get());
    } else if (auto own = member->own_name(listed)) {
      co_return Route{.member = member.get(), .own_name = *std::move(own)};
    }
  }
  if (unprefixed.size() == 1) {
    co_return Route{.member = unprefixed.front(), .own_name = std::string(listed)};
  }
  for (Member* member : unprefixed) {
    const auto known = co_await index(*member, kind);
    if (known && known->items.contains(std::string(listed))) {
      co_return Route{.member = member, .own_name = std::string(listed)};
    }
  }
  co_return std::unexpected(
      mcp::RpcError{.code = mcp::code::kInvalidParams,
                    .message = "Unknown " + std::string(thing(kind)) + ": " + std::string(listed)});
}

awaitable<std::vector<Member*>> Catalogue::owners(std::string_view uri) {
  std::vector<Member*> listed;
  std::vector<Member*> matching;
  std::vector<Member*> others;
  for (const auto& member : members_) {
    const auto known = co_await facts(*member);
    if (known && !offers_of((*known)->capabilities_json).resources) {
      continue;
    }
    if (members_.size() == 1) {
      co_return std::vector<Member*>{member.get()};
    }
    const auto resources = co_await index(*member, ListKind::resources);
    const auto templates = co_await index(*member, ListKind::resource_templates);
    if (resources && resources->items.contains(std::string(uri))) {
      listed.push_back(member.get());
    } else if (templates && any_template_matches(*templates, uri)) {
      matching.push_back(member.get());
    } else {
      others.push_back(member.get());
    }
  }
  listed.insert(listed.end(), matching.begin(), matching.end());
  listed.insert(listed.end(), others.begin(), others.end());
  co_return listed;
}

awaitable<std::vector<std::string>> Catalogue::conflicts() {
  std::vector<std::string> found;
  for (const ListKind kind : {ListKind::tools, ListKind::prompts}) {
    std::unordered_map<std::string, const Member*> owners;
    for (const auto& member : members_) {
      if (!member->prefix().empty() || members_.size() == 1) {
        continue;
      }
      const auto known = co_await index(*member, kind);
      if (!known) {
        continue;
      }
      for (const auto& [name, item] : known->items) {
        const Member* other = owners.try_emplace(name, member.get()).first->second;
        const auto prefixed = std::ranges::find_if(
            members_, [&](const auto& m) { return ambiguous_with_prefix(*member, *m, name); });
        other = prefixed != members_.end() ? prefixed->get() : other;
        if (other != member.get()) {
          found.push_back(std::string(thing(kind)) + " '" + name + "' is offered by both '" +
                          other->name() + "' and '" + member->name() + "'");
        }
      }
    }
  }
  std::ranges::sort(found);
  co_return found;
}

awaitable<void> Catalogue::on_notice(Member& member, const UpstreamNotice& notice) {
  std::vector<Tag> tags;
  if (notice.lost) {
    member.forget_indexes();
    member.forget_facts();
    tags.push_back(member.tag());
  } else if (notice.method == "notifications/tools/list_changed") {
    member.forget_index(ListKind::tools);
    tags.push_back(member.list_tag(ListKind::tools));
  } else if (notice.method == "notifications/prompts/list_changed") {
    member.forget_index(ListKind::prompts);
    tags.push_back(member.list_tag(ListKind::prompts));
  } else if (notice.method == "notifications/resources/list_changed") {
    member.forget_index(ListKind::resources);
    member.forget_index(ListKind::resource_templates);
    tags.push_back(member.list_tag(ListKind::resources));
  } else if (notice.method == "notifications/resources/updated") {
    const auto params = nlohmann::json::parse(notice.params_json, nullptr, false);
    const auto uri = params.is_object() ? params.find("uri") : params.end();
    if (uri != params.end() && uri->is_string()) {
      tags.push_back(member.uri_tag(uri->get<std::string>()));
    }
  }
  if (!tags.empty()) {
    co_await results_.invalidate(std::move(tags));
  }
}

}  // namespace larder::gateway

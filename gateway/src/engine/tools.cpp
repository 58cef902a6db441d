// tools/call: the operator's policy, the cache, and what a write undoes.
#include <utility>

#include <larder/mcp/headers.hpp>
#include <larder/mcp/policy.hpp>

#include "engine/methods.hpp"
#include "engine/outgoing.hpp"
#include "engine/receive.hpp"

namespace larder::gateway {

// Everything known of the tool that is called.
struct Methods::Target {
  Member* member = nullptr;
  std::string own_name;
  FactsPtr facts;
  std::shared_ptr<const Index> index;   // keeps `tool` alive
  const mcp::ListItem* tool = nullptr;  // null: not listed, or the list cannot be read
  mcp::CallPolicy policy;
};

namespace {

struct ToolCall {
  Member* member;
  UpstreamCall call;
  mcp::CallPolicy policy;
  milliseconds ttl_max;
};

const mcp::ListItem* find_tool(const std::shared_ptr<const Index>& index, const std::string& name) {
  if (!index) {
    return nullptr;
  }
  const auto place = index->items.find(name);
  return place == index->items.end() ? nullptr : &place->second;
}

std::string_view fingerprint_of(const mcp::ListItem* tool) {
  return tool == nullptr ? std::string_view() : tool->fingerprint;
}

const mcp::ToolRule* find_rule(const UpstreamConfig& config, const std::string& tool) {
  const auto place = config.cache.tools.find(tool);
  return place == config.cache.tools.end() ? nullptr : &place->second;
}

awaitable<Result<Received>> fetch_tool(ToolCall call, Deadline deadline) {
  call.call.deadline = deadline;
  const auto reply = co_await call.member->upstream().call(std::move(call.call));
  if (!reply) {
    co_return std::unexpected(reply.error());
  }
  co_return receive_tool(*reply, call.policy, call.ttl_max);
}

Fetch fetch_from(const ToolCall& call) {
  return [call](Deadline deadline) { return fetch_tool(call, deadline); };
}

std::vector<mcp::HeaderParam> params_of(const mcp::ListItem* tool) {
  return tool == nullptr ? std::vector<mcp::HeaderParam>{} : tool->params;
}

bool is_header_mismatch(const Fetched& fetched) {
  return fetched.result.form == ResultForm::error &&
         mcp::parse_error(fetched.result.body.view()).code == mcp::code::kHeaderMismatch;
}

}  // namespace

awaitable<RpcOutcome> Methods::call_tool(const RpcRequest& request) {
  if (!request.facts.name) {
    co_return lacks("name", "the name of a tool");
  }
  auto route = co_await catalogue_.route(mcp::ListKind::tools, *request.facts.name);
  if (!route) {
    co_return std::unexpected(RpcFailure{.error = route.error(), .note = {}});
  }
  Member& member = *route->member;
  auto known = co_await catalogue_.facts(member);
  if (!known) {
    co_return answer_error(member.name(), known.error());
  }
  Target target{.member = &member,
                .own_name = std::move(route->own_name),
                .facts = *std::move(known),
                .index = co_await catalogue_.index(member, mcp::ListKind::tools),
                .policy = {}};
  target.tool = find_tool(target.index, target.own_name);
  const bool mirrored = target.tool != nullptr && !target.tool->params.empty();
  if (request.client.era == mcp::Era::modern && mirrored) {
    if (auto mismatch = mcp::check_headers(request.headers, request.message, request.facts,
                                           target.tool->params)) {
      co_return std::unexpected(RpcFailure{.error = *std::move(mismatch), .note = {}});
    }
  }
  const UpstreamConfig& config = member.config();
  target.policy = mcp::call_policy(request.facts, {.rule = find_rule(config, target.own_name),
                                                   .trusted = config.trusted,
                                                   .trusted_ttl = config.cache.read_only_ttl,
                                                   .tool = target.tool});
  auto outcome = target.policy.cacheable ? co_await run_cached(request, target)
                                         : co_await run_uncached(request, target);
  if (target.policy.writes) {
    // Before the reply: the caller's next read must see what this call has done.
    co_await results_.invalidate({member.tag()});
  }
  co_return outcome;
}

awaitable<RpcOutcome> Methods::run_uncached(const RpcRequest& request, const Target& target) {
  UpstreamCall call = outgoing(request, {.name = target.own_name});
  call.params = params_of(target.tool);
  auto outcome = co_await pass_on(*target.member, call, request.client);
  const bool mismatch = !outcome && outcome.error().error.code == mcp::code::kHeaderMismatch;
  if (!mismatch || target.facts->era == mcp::Era::legacy) {
    co_return outcome;
  }
  call.params = co_await refreshed_params(*target.member, target.own_name);
  co_return co_await pass_on(*target.member, std::move(call), request.client);
}

awaitable<RpcOutcome> Methods::run_cached(const RpcRequest& request, const Target& target) {
  Member& member = *target.member;
  const auto subject =
      mcp::request_subject(target.own_name, request.message.params_json, target.policy.key_fields);
  if (!subject) {
    co_return std::unexpected(RpcFailure{.error = subject.error(), .note = {}});
  }
  const bool modern = target.facts->era == mcp::Era::modern;
  const ResultQuery query{
      .facts = {.upstream = member.name(),
                .upstream_version = target.facts->version,
                .method = "tools/call",
                .subject = *subject,
                .fingerprint = fingerprint_of(target.tool),
                .client_capabilities = modern ? std::string_view(request.client.capabilities) : "",
                .principal = {}},
      .principal = request.client.principal,
      .scope = target.policy.scope,
      .stale_if_error = target.policy.stale_if_error,
      .load_deadline = member.config().options.limits.call_timeout,
      .tags = {member.tag()}};
  if (const auto found = co_await results_.find(query)) {
    co_return answer_with(*found, request.client, false);
  }
  ToolCall call{.member = &member,
                .call = outgoing(request, {.name = target.own_name}),
                .policy = target.policy,
                .ttl_max = catalogue_.granted(milliseconds::max())};
  call.call.params = params_of(target.tool);
  auto fetched = co_await results_.load(query, fetch_from(call));
  if (fetched && modern && is_header_mismatch(*fetched)) {
    call.call.params = co_await refreshed_params(member, target.own_name);
    fetched = co_await results_.load(query, fetch_from(call));
  }
  if (!fetched) {
    co_return answer_error(member.name(), fetched.error());
  }
  co_return answer_with(*fetched, request.client, false);
}

// After the upstream refused our mirrored headers: its definitions have changed.
awaitable<std::vector<mcp::HeaderParam>> Methods::refreshed_params(Member& member,
                                                                   const std::string& tool) {
  member.forget_index(mcp::ListKind::tools);
  co_await results_.invalidate({member.list_tag(mcp::ListKind::tools)});
  const auto index = co_await catalogue_.index(member, mcp::ListKind::tools);
  const mcp::ListItem* found = find_tool(index, tool);
  co_return found != nullptr ? found->params : std::vector<mcp::HeaderParam>{};
}

}  // namespace larder::gateway

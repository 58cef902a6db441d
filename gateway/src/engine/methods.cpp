#include "engine/methods.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/outgoing.hpp"
#include "engine/receive.hpp"

namespace larder::gateway {
namespace {

using mcp::Era;

constexpr std::array<std::string_view, 11> kMethods = {
    "initialize",   "ping",           "server/discover",          "tools/list",
    "tools/call",   "resources/list", "resources/templates/list", "resources/read",
    "prompts/list", "prompts/get",    "completion/complete"};

// A discovery is only as lasting as what we know of the upstreams, which their notices
// renew; a minute spares clients the question without holding them to an old answer.
constexpr milliseconds kDiscoverTtl{60'000};

std::unexpected<RpcFailure> unknown_method(std::string_view method) {
  return refuse(mcp::code::kMethodNotFound, "Method not found: " + std::string(method));
}

nlohmann::json capabilities_json(const Offers& offers) {
  auto capabilities = nlohmann::json::object();
  if (offers.tools) {
    capabilities["tools"] = nlohmann::json::object();
  }
  if (offers.prompts) {
    capabilities["prompts"] = nlohmann::json::object();
  }
  if (offers.resources) {
    capabilities["resources"] = nlohmann::json::object();
  }
  if (offers.completions) {
    capabilities["completions"] = nlohmann::json::object();
  }
  return capabilities;
}

// Without its braces, as answers carry it.
Bytes members_of(const nlohmann::json& object) {
  std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return Bytes(text.substr(1, text.size() - 2));
}

}  // namespace

std::span<const std::string_view> known_methods() noexcept { return kMethods; }

awaitable<RpcOutcome> Methods::answer(const RpcRequest& request) {
  const std::string& method = request.message.method;
  const Era era = request.client.era;
  if (const auto kind = mcp::list_kind(method)) {
    co_return co_await list(request, *kind);
  }
  if (method == "tools/call") {
    co_return co_await call_tool(request);
  }
  if (method == "resources/read") {
    co_return co_await read_resource(request);
  }
  if (method == "prompts/get") {
    co_return co_await get_prompt(request);
  }
  if (method == "completion/complete") {
    co_return co_await complete(request);
  }
  if (method == "server/discover" && era == Era::modern) {
    co_return co_await discover();
  }
  if (method == "ping" && era == Era::legacy) {
    co_return RpcAnswer{};
  }
  co_return unknown_method(method);
}

std::string Methods::instructions() const {
  std::string all;
  for (const auto& member : catalogue_.members()) {
    const auto known = member->facts().first;
    if (known && !known->instructions.empty()) {
      all.append(all.empty() ? "" : "\n").append(member->name()).append(": ");
      all.append(known->instructions);
    }
  }
  return all;
}

awaitable<RpcOutcome> Methods::discover() {
  const Offers offers = co_await catalogue_.offers();
  auto result = nlohmann::json::object();
  result["supportedVersions"] = mcp::kSupportedVersions;
  result["capabilities"] = capabilities_json(offers);
  if (const std::string text = instructions(); !text.empty()) {
    result["instructions"] = text;
  }
  result["_meta"]["io.modelcontextprotocol/serverInfo"] =
      nlohmann::json::parse(mcp::implementation_json());
  co_return RpcAnswer{
      .hints = mcp::CacheHints{.ttl = kDiscoverTtl, .scope = mcp::CacheScope::shared},
      .members = members_of(result)};
}

awaitable<Bytes> Methods::initialize(std::string_view version) {
  const Offers offers = co_await catalogue_.offers();
  auto result = nlohmann::json::object();
  result["protocolVersion"] = version;
  result["capabilities"] = capabilities_json(offers);
  result["serverInfo"] = nlohmann::json::parse(mcp::implementation_json());
  if (const std::string text = instructions(); !text.empty()) {
    result["instructions"] = text;
  }
  co_return members_of(result);
}

awaitable<RpcOutcome> Methods::list(const RpcRequest& request, mcp::ListKind kind) {
  const Offers offers = co_await catalogue_.offers();
  if (!offers.of(kind)) {
    co_return unknown_method(request.message.method);
  }
  co_return co_await catalogue_.list(request, kind);
}

// Sends a request whose answer is nobody else's business.
awaitable<RpcOutcome> Methods::pass_on(Member& member, UpstreamCall call, const Client& client) {
  call.deadline = clock_.in(member.config().options.limits.call_timeout);
  const auto reply = co_await member.upstream().call(std::move(call));
  if (!reply) {
    co_return answer_error(member.name(), reply.error());
  }
  auto received = receive_plain(*reply);
  if (!received) {
    co_return answer_error(member.name(), received.error());
  }
  const Fetched fetched{.result = {.form = received->form,
                                   .type = std::move(received->type),
                                   .body = Bytes(std::move(received->body))},
                        .note = {.outcome = CacheOutcome::bypass}};
  co_return answer_with(fetched, client, false);
}

awaitable<RpcOutcome> Methods::get_prompt(const RpcRequest& request) {
  if (!request.facts.name) {
    co_return lacks("name", "the name of a prompt");
  }
  const auto route = co_await catalogue_.route(mcp::ListKind::prompts, *request.facts.name);
  if (!route) {
    co_return std::unexpected(RpcFailure{.error = route.error(), .note = {}});
  }
  co_return co_await pass_on(*route->member, outgoing(request, {.name = route->own_name}),
                             request.client);
}

awaitable<RpcOutcome> Methods::complete(const RpcRequest& request) {
  if (request.facts.ref_name) {
    const auto route = co_await catalogue_.route(mcp::ListKind::prompts, *request.facts.ref_name);
    if (!route) {
      co_return std::unexpected(RpcFailure{.error = route.error(), .note = {}});
    }
    co_return co_await pass_on(*route->member, outgoing(request, {.ref_name = route->own_name}),
                               request.client);
  }
  if (!request.facts.ref_uri) {
    co_return lacks("ref", "a prompt (name) or a resource (uri)");
  }
  const auto owners = co_await catalogue_.owners(*request.facts.ref_uri);
  if (owners.empty()) {
    co_return refuse(mcp::code::kInvalidParams, "Unknown resource: " + *request.facts.ref_uri);
  }
  co_return co_await pass_on(*owners.front(), outgoing(request, {}), request.client);
}

}  // namespace larder::gateway

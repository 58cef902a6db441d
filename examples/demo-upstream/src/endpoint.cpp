#include "endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <larder/mcp/headers.hpp>
#include <larder/mcp/result.hpp>
#include <nlohmann/json.hpp>

namespace demo {
namespace {

namespace mcp = larder::mcp;
using larder::awaitable;
using larder::gateway::HttpReply;
using larder::gateway::HttpRequest;
using larder::gateway::text_reply;

constexpr std::string_view kCapabilities = R"({"tools":{},"resources":{},"prompts":{}})";
constexpr std::string_view kServerInfo = R"({"name":"demo-upstream","version":"1.0.0"})";

HttpReply json_reply(unsigned status, std::string body) {
  return text_reply(status, "application/json", std::move(body));
}

HttpReply refuse(unsigned status, std::string_view id_json, const mcp::RpcError& error) {
  return json_reply(status, mcp::write_error(id_json, error));
}

mcp::Era era_of(const HttpRequest& request, const mcp::RequestFacts& facts) {
  const bool modern =
      facts.version.has_value() || request.header("MCP-Protocol-Version") == mcp::kModernVersion;
  return modern ? mcp::Era::modern : mcp::Era::legacy;
}

// What the modern era demands of every request.
std::optional<mcp::RpcError> check_modern(const HttpRequest& request, const mcp::Message& message,
                                          const mcp::RequestFacts& facts) {
  if (!facts.version || facts.client_capabilities_json.empty()) {
    return mcp::RpcError{.code = mcp::code::kInvalidParams,
                         .message = "params._meta lacks protocolVersion or clientCapabilities."};
  }
  if (auto mismatch = mcp::check_headers(request.headers, message, facts, {})) {
    return mismatch;
  }
  if (facts.version != mcp::kModernVersion) {
    return mcp::RpcError{.code = mcp::code::kUnsupportedVersion,
                         .message = "This protocol version is not supported.",
                         .data = fmt::format(R"({{"supported":["{}"],"requested":{}}})",
                                             mcp::kModernVersion, mcp::quote_json(*facts.version))};
  }
  return std::nullopt;
}

Answer discover() {
  return {.members = fmt::format(R"("supportedVersions":["{}"],"capabilities":{})",
                                 mcp::kModernVersion, kCapabilities),
          .hints = mcp::CacheHints{.ttl = larder::milliseconds(3'600'000),
                                   .scope = mcp::CacheScope::shared}};
}

Answer initialize(std::string_view params_json) {
  const auto params = nlohmann::json::parse(params_json);
  const auto wanted = params.value("protocolVersion", nlohmann::json());
  const auto version = mcp::negotiate_legacy(wanted.is_string() ? wanted.get<std::string>() : "");
  return {.members = fmt::format(R"("protocolVersion":"{}","capabilities":{},"serverInfo":{})",
                                 version, kCapabilities, kServerInfo)};
}

}  // namespace

awaitable<HttpReply> Endpoint::serve(const HttpRequest& request) {
  if (request.path != "/mcp") {
    co_return text_reply(404, "text/plain", "There is only /mcp here.\n");
  }
  if (request.method != "POST") {
    auto reply = text_reply(405, "text/plain", "Only POST is allowed.\n");
    reply.headers.emplace_back("Allow", "POST");
    co_return reply;
  }
  auto message = mcp::parse_message(request.body);
  if (!message) {
    co_return refuse(400, message.error().id_json, message.error().error);
  }
  if (message->kind != mcp::MessageKind::request) {
    co_return text_reply(202, "", "");
  }
  auto facts = mcp::read_facts(*message);
  if (!facts) {
    co_return refuse(400, message->id_json, facts.error());
  }
  const mcp::Era era = era_of(request, *facts);
  if (era == mcp::Era::modern) {
    if (const auto error = check_modern(request, *message, *facts)) {
      co_return refuse(400, message->id_json, *error);
    }
  }
  co_return co_await answer(*std::move(message), *std::move(facts), era);
}

awaitable<HttpReply> Endpoint::answer(mcp::Message message, mcp::RequestFacts facts, mcp::Era era) {
  const bool modern = era == mcp::Era::modern;
  mcp::RpcResult<Answer> answer;
  if (modern && message.method == "server/discover") {
    answer = discover();
  } else if (!modern && message.method == "initialize") {
    answer = initialize(message.params_json);
  } else if (!modern && message.method == "ping") {
    answer = Answer{};
  } else {
    answer = co_await weather_.answer(message.method, std::move(facts));
  }
  if (!answer) {
    const bool unknown_method = answer.error().code == mcp::code::kMethodNotFound;
    co_return refuse(modern && unknown_method ? 404 : 200, message.id_json, answer.error());
  }
  std::string members = std::move(answer->members);
  if (modern) {
    members += fmt::format(R"(,"_meta":{{"io.modelcontextprotocol/serverInfo":{}}})", kServerInfo);
  }
  co_return json_reply(
      200, mcp::splice_result(message.id_json, era, "complete", answer->hints).around(members));
}

}  // namespace demo

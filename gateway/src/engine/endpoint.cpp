#include "engine/endpoint.hpp"

#include <utility>

#include <larder/mcp/canonical.hpp>
#include <larder/mcp/digest.hpp>
#include <larder/mcp/headers.hpp>

#include "engine/reply.hpp"

namespace larder::gateway {
namespace {

using mcp::Era;
using mcp::RpcError;

constexpr std::string_view kNoId = "null";
constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
constexpr std::string_view kBatchVersion = "2025-03-26";

HttpReply refusal(unsigned status, int code, std::string message,
                  std::string_view id_json = kNoId) {
  return error_reply(status, id_json, RpcError{.code = code, .message = std::move(message)});
}

RpcError unsupported_version(std::string_view requested) {
  std::string data = "{\"supported\":[";
  for (const std::string_view version : mcp::kSupportedVersions) {
    data.append(data.back() == '[' ? "" : ",").append(mcp::quote_json(version));
  }
  data.append("],\"requested\":").append(mcp::quote_json(requested)).append("}");
  return {.code = mcp::code::kUnsupportedVersion,
          .message = "Unsupported protocol version",
          .data = std::move(data)};
}

bool is_batch(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '[';
}

bool accepts_json(std::string_view accept) {
  return accept.empty() || accept.contains("application/json") || accept.contains("*/*") ||
         accept.contains("application/*");
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.starts_with("application/json") && type.find_first_not_of(" \t", 16) == type.npos;
}

}  // namespace

namespace {

// Modern requests say so in their header or their body. What says neither and opens or
// names a session is legacy; an unknown version is taken for a modern one, so that it is
// refused with the list of those we speak.
Era era_of_request(const HttpRequest& http, const mcp::Message& message,
                   const mcp::RequestFacts& facts) {
  const std::string_view version = http.header(kVersionHeader);
  if (facts.version) {
    return Era::modern;
  }
  if (version.empty()) {
    const bool mirrors = !http.header("Mcp-Method").empty();
    return mirrors && message.method != "initialize" ? Era::modern : Era::legacy;
  }
  return version == mcp::kModernVersion ? Era::modern : Era::legacy;
}

// What must hold before a modern request is looked at further.
std::optional<RpcError> check_modern(const HttpRequest& http, const mcp::Message& message,
                                     const mcp::RequestFacts& facts) {
  if (!facts.version && http.header(kVersionHeader) == mcp::kModernVersion) {
    return RpcError{.code = mcp::code::kInvalidParams,
                    .message = "params._meta: expected io.modelcontextprotocol/protocolVersion"};
  }
  if (auto mismatch = mcp::check_headers(http.headers, message, facts, {})) {
    return mismatch;
  }
  if (mcp::era_of(*facts.version) != Era::modern) {
    return unsupported_version(*facts.version);
  }
  if (facts.client_capabilities_json.empty()) {
    return RpcError{.code = mcp::code::kInvalidParams,
                    .message = "params._meta: expected io.modelcontextprotocol/clientCapabilities"};
  }
  return std::nullopt;
}

}  // namespace

// Whatever may tell two callers apart counts, so that a front that authenticates by a cookie
// or an API key does not make all its users one.
std::string Endpoint::principal_of(const HttpRequest& http) const {
  std::string credentials;
  for (const std::string_view name : {"Authorization", "Cookie", "X-API-Key"}) {
    if (const std::string_view value = http.header(name); !value.empty()) {
      credentials.append(name).append(":").append(value).append("\n");
    }
  }
  return credentials.empty() ? "anonymous"
                             : mcp::base64url(mcp::hmac_sha256(options_.secret, credentials));
}

awaitable<HttpReply> Endpoint::handle(const HttpRequest& http) {
  if (http.method == "POST") {
    co_return co_await post(http);
  }
  if (http.method == "DELETE" && !http.header(kSessionHeader).empty()) {
    co_return co_await end_session(http);
  }
  HttpReply reply = refusal(405, mcp::code::kInvalidRequest,
                            "this endpoint takes POST, and DELETE with a session");
  reply.headers.emplace_back("Allow", "POST, DELETE");
  co_return reply;
}

awaitable<HttpReply> Endpoint::post(const HttpRequest& http) {
  if (!is_json(http.header("Content-Type"))) {
    co_return refusal(415, mcp::code::kInvalidRequest, "Content-Type: expected application/json");
  }
  if (!accepts_json(http.header("Accept"))) {
    co_return refusal(406, mcp::code::kInvalidRequest,
                      "Accept: expected application/json and text/event-stream");
  }
  if (is_batch(http.body)) {
    co_return co_await post_batch(http);
  }
  co_return co_await post_message(http);
}

awaitable<HttpReply> Endpoint::post_message(const HttpRequest& http) {
  auto message = mcp::parse_message(http.body, options_.limits);
  if (!message) {
    co_return error_reply(400, message.error().id_json, message.error().error);
  }
  if (message->kind == mcp::MessageKind::response) {
    // Only legacy servers ask clients anything, and this one never does yet.
    co_return accepted_reply();
  }
  auto facts = mcp::read_facts(*message);
  if (!facts) {
    const std::string_view id = message->id_json.empty() ? kNoId : message->id_json;
    co_return error_reply(400, id, facts.error());
  }
  RpcRequest request{.message = *std::move(message),
                     .facts = *std::move(facts),
                     .client = {},
                     .headers = http.headers};
  request.client.era = era_of_request(http, request.message, request.facts);
  if (request.client.era == Era::modern) {
    co_return co_await post_modern(http, request);
  }
  co_return co_await post_legacy(http, request);
}

awaitable<HttpReply> Endpoint::post_modern(const HttpRequest& http, RpcRequest& request) {
  if (request.message.kind == mcp::MessageKind::notification) {
    co_return accepted_reply();
  }
  if (auto error = check_modern(http, request.message, request.facts)) {
    co_return error_reply(400, request.message.id_json, *error);
  }
  auto capabilities = mcp::canonical_json(request.facts.client_capabilities_json);
  if (!capabilities) {
    co_return error_reply(400, request.message.id_json, capabilities.error());
  }
  request.client.version = *request.facts.version;
  request.client.principal = principal_of(http);
  request.client.capabilities = *std::move(capabilities);
  co_return co_await run(request);
}

awaitable<HttpReply> Endpoint::post_legacy(const HttpRequest& http, RpcRequest& request) {
  const mcp::Message& message = request.message;
  if (message.kind == mcp::MessageKind::request && message.method == "initialize") {
    co_return co_await open_session(http, request);
  }
  auto session = co_await session_of(http, message.id_json);
  if (!session) {
    co_return std::move(session.error());
  }
  if (message.kind == mcp::MessageKind::notification) {
    co_return accepted_reply();
  }
  request.client.version = std::move(session->version);
  request.client.principal = std::move(session->principal);
  co_return co_await run(request);
}

awaitable<HttpReply> Endpoint::run(const RpcRequest& request) {
  const RpcOutcome outcome = co_await methods_.answer(request);
  metrics_.count(request, outcome);
  co_return reply_to(request, outcome);
}

HttpReply Endpoint::reply_to(const RpcRequest& request, const RpcOutcome& outcome) const {
  HttpReply reply = rpc_reply(request, outcome);
  if (options_.access_log) {
    reply.log_members = log_members(request, outcome ? outcome->note : outcome.error().note);
  }
  return reply;
}

awaitable<HttpReply> Endpoint::open_session(const HttpRequest& http, RpcRequest& request) {
  const std::string& id = request.message.id_json;
  if (!request.facts.requested_version) {
    co_return refusal(200, mcp::code::kInvalidParams,
                      "params.protocolVersion: expected the version the client speaks", id);
  }
  request.client.version = mcp::negotiate_legacy(*request.facts.requested_version);
  auto session = co_await sessions_.create(request.client.version, principal_of(http));
  if (!session) {
    co_return refusal(503, mcp::code::kInternalError,
                      "no session can be kept now: " + session.error().message(), id);
  }
  const RpcOutcome outcome =
      RpcAnswer{.members = co_await methods_.initialize(request.client.version)};
  metrics_.count(request, outcome);
  HttpReply reply = reply_to(request, outcome);
  reply.headers.emplace_back(kSessionHeader, session->id);
  co_return reply;
}

awaitable<std::expected<Session, HttpReply>> Endpoint::session_of(const HttpRequest& http,
                                                                  std::string_view id_json) {
  const std::string_view id = id_json.empty() ? kNoId : id_json;
  const std::string_view version = http.header(kVersionHeader);
  if (!version.empty() && mcp::era_of(version) != Era::legacy) {
    co_return std::unexpected(error_reply(400, id, unsupported_version(version)));
  }
  const std::string_view session_id = http.header(kSessionHeader);
  if (session_id.empty()) {
    co_return std::unexpected(refusal(
        400, mcp::code::kInvalidRequest,
        "Mcp-Session-Id: expected the session that initialize gave; or speak 2026-07-28", id));
  }
  auto session = co_await sessions_.find(session_id, principal_of(http));
  if (!session) {
    co_return std::unexpected(refusal(503, mcp::code::kInternalError,
                                      "sessions cannot be read now: " + session.error().message(),
                                      id));
  }
  if (!*session) {
    co_return std::unexpected(
        refusal(404, mcp::code::kInvalidRequest, "no such session; initialize again", id));
  }
  co_return **std::move(session);
}

awaitable<HttpReply> Endpoint::end_session(const HttpRequest& http) {
  auto session = co_await session_of(http, {});
  if (!session) {
    co_return std::move(session.error());
  }
  const auto ended = co_await sessions_.end(*session);
  if (!ended) {
    co_return refusal(503, mcp::code::kInternalError,
                      "the session cannot be ended now: " + ended.error().message());
  }
  HttpReply reply = accepted_reply();
  reply.status = 204;
  co_return reply;
}

// Batches exist in 2025-03-26 only; each message is answered as if it had come alone.
awaitable<HttpReply> Endpoint::post_batch(const HttpRequest& http) {
  auto session = co_await session_of(http, {});
  if (!session || session->version != kBatchVersion) {
    co_return refusal(400, mcp::code::kInvalidRequest,
                      "batches are not part of this protocol version; send one message");
  }
  const auto parts = mcp::split_batch(http.body, options_.limits);
  if (!parts) {
    co_return error_reply(400, parts.error().id_json, parts.error().error);
  }
  std::string answers;
  for (const std::string_view part : *parts) {
    HttpRequest one = http;
    one.body = part;
    const HttpReply reply = co_await post_message(one);
    if (reply.body.empty()) {
      continue;
    }
    answers.append(answers.empty() ? "[" : ",");
    for (const Bytes& bytes : reply.body) {
      answers.append(bytes.view());
    }
  }
  if (answers.empty()) {
    co_return accepted_reply();
  }
  answers.append("]");
  HttpReply reply = text_reply(200, "application/json", std::move(answers));
  reply.headers.emplace_back("Cache-Status", write_cache_status({}));
  co_return reply;
}

}  // namespace larder::gateway

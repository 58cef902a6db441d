// One client request on its way through the gateway, and what becomes of it.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <larder/bytes.hpp>
#include <larder/gateway/http.hpp>
#include <larder/mcp/era.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/result.hpp>
#include <larder/mcp/rpc.hpp>

#include "engine/cache_status.hpp"

namespace larder::gateway {

// Who asks, as far as answers may depend on it.
struct Client {
  mcp::Era era = mcp::Era::modern;
  std::string version;  // the protocol revision of this request
  // Names the authorization context: a keyed digest of the credentials in the headers, or
  // "anonymous". Never a credential itself.
  std::string principal;
  std::string capabilities = "{}";  // canonical; {} for legacy clients
};

struct RpcRequest {
  mcp::Message message;
  mcp::RequestFacts facts;
  Client client;
  std::span<const HeaderView> headers;  // of the HTTP request
};

// A result in parts, so that stored bytes are never copied.
struct RpcAnswer {
  std::string type = "complete";
  std::optional<mcp::CacheHints> hints{};  // for methods that carry them
  Bytes members;
  CacheNote note{};
};

struct RpcFailure {
  mcp::RpcError error;
  CacheNote note{};
  // The request itself lacks what its method needs: 400 for modern clients. What an
  // upstream refuses for the same code was a well-formed request.
  bool malformed = false;
};

using RpcOutcome = std::expected<RpcAnswer, RpcFailure>;

// A request that lacks a member of its params.
[[nodiscard]] inline std::unexpected<RpcFailure> lacks(std::string_view member,
                                                       std::string_view expected) {
  return std::unexpected(RpcFailure{
      .error = {.code = mcp::code::kInvalidParams,
                .message = "params." + std::string(member) + ": expected " + std::string(expected)},
      .malformed = true});
}

[[nodiscard]] inline std::unexpected<RpcFailure> refuse(int code, std::string message) {
  return std::unexpected(
      RpcFailure{.error = {.code = code, .message = std::move(message)}, .note = {}});
}

}  // namespace larder::gateway

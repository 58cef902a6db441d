// JSON-RPC outcomes as HTTP replies.
#pragma once

#include <string>
#include <string_view>

#include <larder/gateway/http.hpp>
#include <larder/mcp/era.hpp>
#include <larder/mcp/rpc.hpp>

#include "engine/exchange.hpp"

namespace larder::gateway {

// The status that the specification ties to an error of a modern request; legacy clients
// get 200, since they take other statuses for a failure of the transport.
[[nodiscard]] unsigned status_of(const RpcFailure& failure, mcp::Era era) noexcept;

[[nodiscard]] HttpReply error_reply(unsigned status, std::string_view id_json,
                                    const mcp::RpcError& error, const CacheNote& note = {});

// Stored members go out as they are, between id and envelope.
[[nodiscard]] HttpReply rpc_reply(const RpcRequest& request, const RpcOutcome& outcome);

// For the access log: what was asked, and how the cache answered.
[[nodiscard]] std::string log_members(const RpcRequest& request, const CacheNote& note);

// 202 without a body, for notifications.
[[nodiscard]] HttpReply accepted_reply();

}  // namespace larder::gateway

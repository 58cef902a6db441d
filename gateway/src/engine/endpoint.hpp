// The MCP endpoint: HTTP in, JSON-RPC through, HTTP out, in both eras.
// Sources: MCP 2026-07-28 and 2025-11-25 basic/transports, "Streamable HTTP".
#pragma once

#include <string>
#include <string_view>

#include <larder/gateway/http.hpp>
#include <larder/mcp/rpc.hpp>

#include "engine/exchange.hpp"
#include "engine/methods.hpp"
#include "engine/metrics.hpp"
#include "engine/session_store.hpp"

namespace larder::gateway {

class Endpoint {
 public:
  struct Options {
    mcp::MessageLimits limits{};
    std::string secret;      // names principals
    bool access_log = true;  // whether replies carry what the log wants to know
  };

  Endpoint(Methods& methods, SessionStore& sessions, Metrics& metrics, Options options) noexcept
      : methods_(methods), sessions_(sessions), metrics_(metrics), options_(std::move(options)) {}

  // A request for /mcp whose Host and Origin have been accepted.
  [[nodiscard]] awaitable<HttpReply> handle(const HttpRequest& http);

 private:
  [[nodiscard]] awaitable<HttpReply> post(const HttpRequest& http);
  [[nodiscard]] awaitable<HttpReply> post_message(const HttpRequest& http);
  [[nodiscard]] awaitable<HttpReply> post_modern(const HttpRequest& http, RpcRequest& request);
  [[nodiscard]] awaitable<HttpReply> post_legacy(const HttpRequest& http, RpcRequest& request);
  [[nodiscard]] awaitable<HttpReply> post_batch(const HttpRequest& http);
  [[nodiscard]] awaitable<HttpReply> open_session(const HttpRequest& http, RpcRequest& request);
  [[nodiscard]] awaitable<HttpReply> end_session(const HttpRequest& http);
  [[nodiscard]] awaitable<HttpReply> run(const RpcRequest& request);
  [[nodiscard]] HttpReply reply_to(const RpcRequest& request, const RpcOutcome& outcome) const;
  [[nodiscard]] awaitable<std::expected<Session, HttpReply>> session_of(const HttpRequest& http,
                                                                        std::string_view id_json);
  [[nodiscard]] std::string principal_of(const HttpRequest& http) const;

  Methods& methods_;
  SessionStore& sessions_;
  Metrics& metrics_;
  Options options_;
};

}  // namespace larder::gateway

// POST /mcp: one JSON-RPC message in, one answer out, for clients of both eras.
//
// Legacy clients get no session: the server keeps nothing about them, which their revisions
// allow.
#pragma once

#include <larder/gateway/http.hpp>
#include <larder/mcp/era.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/rpc.hpp>

#include "weather.hpp"

namespace demo {

class Endpoint {
 public:
  explicit Endpoint(Weather& weather) noexcept : weather_(weather) {}

  [[nodiscard]] larder::awaitable<larder::gateway::HttpReply> serve(
      const larder::gateway::HttpRequest& request);

 private:
  [[nodiscard]] larder::awaitable<larder::gateway::HttpReply> answer(
      larder::mcp::Message message, larder::mcp::RequestFacts facts, larder::mcp::Era era);

  Weather& weather_;
};

}  // namespace demo

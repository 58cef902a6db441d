// HandshakeMachine: finds out which era a server speaks, and opens the legacy session.
//
// Sans-I/O: replies in, steps out. Source: MCP 2026-07-28 basic/versioning, basic/transports
// ("Backward Compatibility"); 2025-11-25 basic/lifecycle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <larder/error.hpp>
#include <larder/gateway/upstream.hpp>

namespace larder::gateway {

enum class Transport : std::uint8_t { http, stdio };

// What came back for the last step, or why nothing did.
struct HandshakeReply {
  std::optional<Error> failure{};  // set: there was no reply at all
  unsigned status = 200;           // of the HTTP response; 200 on stdio
  std::string result_json{};       // of the JSON-RPC response, if it was one
  std::string error_json{};
};

// Where to begin: with the modern probe, or at once with a legacy session, because the
// server is known to be legacy.
enum class HandshakeStart : std::uint8_t { probe, initialize };

struct SendDiscover {
  std::string version;
};
struct SendInitialize {
  std::string version;
};
struct SendInitialized {
  std::string version;  // negotiated
};
struct HandshakeDone {
  ServerFacts facts;
};
struct HandshakeFailed {
  Error error;
  HandshakeStart next = HandshakeStart::probe;  // how to begin the next attempt
};
using HandshakeStep =
    std::variant<SendDiscover, SendInitialize, SendInitialized, HandshakeDone, HandshakeFailed>;

class HandshakeMachine {
 public:
  HandshakeMachine(Transport transport, HandshakeStart start) noexcept
      : transport_(transport), start_(start) {}

  [[nodiscard]] HandshakeStep start();

  // The reply to the last step, which was one of the three that send.
  [[nodiscard]] HandshakeStep on_reply(const HandshakeReply& reply);

 private:
  enum class Waiting : std::uint8_t { discover, initialize, initialized };

  HandshakeStep on_discover(const HandshakeReply& reply);
  HandshakeStep on_modern_error(const HandshakeReply& reply);
  HandshakeStep choose(const std::vector<std::string>& offered, const std::string& result_json);
  HandshakeStep on_initialize(const HandshakeReply& reply);
  HandshakeStep on_initialized(const HandshakeReply& reply);
  HandshakeStep discover(std::string version);
  HandshakeStep initialize();

  Transport transport_;
  HandshakeStart start_;
  Waiting waiting_ = Waiting::discover;
  unsigned probes_ = 0;
  ServerFacts facts_;
};

}  // namespace larder::gateway

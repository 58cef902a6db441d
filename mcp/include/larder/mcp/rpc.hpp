// JSON-RPC 2.0 messages as MCP uses them: read once, answered by splicing.
//
// parse_message checks the whole text (UTF-8, grammar, depth, duplicate keys, the shape of
// the envelope), so what is spliced into an answer or sent upstream is well-formed JSON.
// Answers are built around stored bytes without serialising them again.
// Source: JSON-RPC 2.0; MCP 2026-07-28 basic/index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::mcp {

// Codes we send. Our own errors are outside the range JSON-RPC reserves, as MCP asks.
namespace code {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kLegacyResourceNotFound = -32002;  // legacy eras only
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingClientCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
inline constexpr int kUpstreamUnavailable = 1001;  // the upstream cannot be reached or broke off
inline constexpr int kUpstreamTimeout = 1002;      // no answer within the deadline
inline constexpr int kOverloaded = 1003;           // a concurrency bound of the gateway is full
}  // namespace code

struct RpcError {
  int code = code::kInternalError;
  std::string message;
  std::string data{};  // JSON text; empty = no data member

  friend bool operator==(const RpcError&, const RpcError&) = default;
};

template <typename T>
using RpcResult = std::expected<T, RpcError>;

struct MessageLimits {
  std::size_t bytes_max = 4U << 20;
  std::size_t depth_max = 64;  // of objects and arrays; over 256 counts as 256
};

// Of messages in one batch.
inline constexpr std::size_t kBatchMax = 100;

enum class MessageKind : std::uint8_t { request, notification, response };

// A message, owning its parts. Texts named `..._json` are JSON as received, without the line
// breaks outside strings, so that they fit on one line of stdio or of an event stream; the
// others are decoded.
struct Message {
  MessageKind kind = MessageKind::request;
  std::string id_json;      // `7` or `"a"`; empty for a notification
  std::string method;       // empty for a response
  std::string params_json;  // an object; "{}" where absent
  std::string result_json;  // response with a result
  std::string error_json;   // response with an error
};

// Why a text is no message, and the id to answer with where one could be read.
struct BadMessage {
  RpcError error;
  std::string id_json;  // "null" where none could be read
};

[[nodiscard]] std::expected<Message, BadMessage> parse_message(std::string_view text,
                                                               const MessageLimits& limits = {});

// The messages of a batch (a JSON array, which only 2025-03-26 clients send), each for
// parse_message, as views into `text`. An empty batch or one over kBatchMax is
// kInvalidRequest.
[[nodiscard]] std::expected<std::vector<std::string_view>, BadMessage> split_batch(
    std::string_view text, const MessageLimits& limits = {});

// {"jsonrpc":"2.0","id":...,"error":{...}}
[[nodiscard]] std::string write_error(std::string_view id_json, const RpcError& error);

// An error object as a peer sent it: {"code":...,"message":...,"data":...}, its code an
// integer that fits an int.
// Anything unreadable becomes kInternalError.
[[nodiscard]] RpcError parse_error(std::string_view error_json);

// "text" with quotes and escapes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string quote_json(std::string_view text);

}  // namespace larder::mcp

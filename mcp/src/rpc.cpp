#include <larder/mcp/rpc.hpp>

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "json.hpp"

namespace larder::mcp {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kNullId = "null";

// The members JSON-RPC knows, as they stand; empty where absent.
struct Envelope {
  std::string_view jsonrpc;
  std::string_view id;
  std::string_view method;
  std::string_view params;
  std::string_view result;
  std::string_view error;

  std::string_view* member(std::string_view name) noexcept {
    if (name == "jsonrpc") {
      return &jsonrpc;
    }
    if (name == "id") {
      return &id;
    }
    if (name == "method") {
      return &method;
    }
    if (name == "params") {
      return &params;
    }
    if (name == "result") {
      return &result;
    }
    return name == "error" ? &error : nullptr;
  }
};

bool is_integer(std::string_view json) noexcept {
  return !json.empty() && json.find_first_not_of("-0123456789") == std::string_view::npos;
}

bool is_id(std::string_view json) noexcept { return json.starts_with('"') || is_integer(json); }

std::unexpected<BadMessage> bad(int code, std::string message, std::string_view id_json = kNullId) {
  return std::unexpected(
      BadMessage{.error = {.code = code, .message = std::move(message)},
                 .id_json = is_id(id_json) ? std::string(id_json) : std::string(kNullId)});
}

std::unexpected<BadMessage> invalid(std::string_view message, const Envelope& envelope) {
  return bad(code::kInvalidRequest, std::string(message), envelope.id);
}

// What can be said of a text before it is read.
std::optional<RpcError> check_bytes(std::string_view text, const MessageLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return RpcError{.code = code::kInvalidRequest,
                    .message = fmt::format("The message has {} bytes, more than the {} allowed.",
                                           text.size(), limits.bytes_max)};
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return RpcError{.code = code::kParseError, .message = "The message is empty."};
  }
  if (text.starts_with(kByteOrderMark)) {
    return RpcError{.code = code::kParseError,
                    .message = "The message begins with a byte order mark."};
  }
  if (!json::is_utf8(text)) {
    return RpcError{.code = code::kParseError, .message = "The message is not valid UTF-8."};
  }
  return std::nullopt;
}

std::string not_json(const json::Reader& reader) {
  return fmt::format("The message is not valid JSON: {}.", reader.problem().message());
}

std::string twice(const json::Reader& reader) {
  return fmt::format("The member \"{}\" appears twice in one object.", *reader.duplicate());
}

// Anything but an object at the top.
std::unexpected<BadMessage> not_an_object(json::Reader& reader) {
  if (!reader.value() || !reader.finish()) {
    return bad(code::kParseError, not_json(reader));
  }
  return bad(code::kInvalidRequest, "A message must be a JSON object.");
}

std::expected<Envelope, BadMessage> read_envelope(json::Reader& reader) {
  Envelope envelope;
  const bool whole = reader.object([&](const json::Name& name) {
    std::string_view* const member = envelope.member(name.text);
    return member == nullptr ? reader.value() : reader.value(*member);
  });
  if (!whole || !reader.finish()) {
    return bad(code::kParseError, not_json(reader));
  }
  if (reader.duplicate()) {
    // With two ids there is none to answer with.
    return bad(code::kInvalidRequest, twice(reader),
               *reader.duplicate() == "id" ? kNullId : envelope.id);
  }
  return envelope;
}

std::expected<Message, BadMessage> read_call(const Envelope& envelope) {
  if (!envelope.result.empty() || !envelope.error.empty()) {
    return invalid("A message with a method has neither result nor error.", envelope);
  }
  if (!envelope.id.empty() && !is_id(envelope.id)) {
    return invalid("The id must be a string or an integer.", envelope);
  }
  auto method = json::read_string(envelope.method);
  if (!method) {
    return invalid("The method must be a string.", envelope);
  }
  if (!envelope.params.empty() && !envelope.params.starts_with('{')) {
    return invalid("The params must be an object.", envelope);
  }
  return Message{.kind = envelope.id.empty() ? MessageKind::notification : MessageKind::request,
                 .id_json = std::string(envelope.id),
                 .method = *std::move(method),
                 .params_json = envelope.params.empty() ? "{}" : json::one_line(envelope.params),
                 .result_json = {},
                 .error_json = {}};
}

std::expected<Message, BadMessage> read_response(const Envelope& envelope) {
  const bool failed = !envelope.error.empty();
  if (failed == !envelope.result.empty()) {
    return invalid(failed ? "A response has either a result or an error, not both."
                          : "The message has no method, no result and no error.",
                   envelope);
  }
  if (failed && !envelope.error.starts_with('{')) {
    return invalid("The error must be an object.", envelope);
  }
  // A peer that could not read our id answers with an error without one.
  const bool anonymous = failed && (envelope.id.empty() || envelope.id == kNullId);
  if (!anonymous && !is_id(envelope.id)) {
    return invalid("The id must be a string or an integer.", envelope);
  }
  return Message{.kind = MessageKind::response,
                 .id_json = std::string(anonymous ? kNullId : envelope.id),
                 .method = {},
                 .params_json = {},
                 .result_json = json::one_line(envelope.result),
                 .error_json = json::one_line(envelope.error)};
}

}  // namespace

std::expected<Message, BadMessage> parse_message(std::string_view text,
                                                 const MessageLimits& limits) {
  if (auto error = check_bytes(text, limits)) {
    return std::unexpected(BadMessage{.error = *std::move(error), .id_json = "null"});
  }
  json::Reader reader(text, limits.depth_max);
  if (reader.peek() == '[') {
    return bad(code::kInvalidRequest, "Batches are not supported: send one message at a time.");
  }
  if (reader.peek() != '{') {
    return not_an_object(reader);
  }
  auto envelope = read_envelope(reader);
  if (!envelope) {
    return std::unexpected(std::move(envelope).error());
  }
  if (json::read_string(envelope->jsonrpc) != "2.0") {
    return invalid("The member \"jsonrpc\" must be \"2.0\".", *envelope);
  }
  return envelope->method.empty() ? read_response(*envelope) : read_call(*envelope);
}

std::expected<std::vector<std::string_view>, BadMessage> split_batch(std::string_view text,
                                                                     const MessageLimits& limits) {
  if (auto error = check_bytes(text, limits)) {
    return std::unexpected(BadMessage{.error = *std::move(error), .id_json = "null"});
  }
  std::vector<std::string_view> messages;
  json::Reader reader(text, limits.depth_max);
  const bool whole = reader.array([&] {
    return messages.size() < kBatchMax ? reader.value(messages.emplace_back())
                                       : reader.fail("the batch is too long");
  });
  if (messages.size() == kBatchMax && !whole) {
    return bad(code::kInvalidRequest, fmt::format("A batch holds at most {} messages.", kBatchMax));
  }
  if (!whole || !reader.finish()) {
    return bad(code::kParseError, not_json(reader));
  }
  if (messages.empty()) {
    return bad(code::kInvalidRequest, "A batch must hold a message.");
  }
  return messages;
}

std::string write_error(std::string_view id_json, const RpcError& error) {
  std::string out =
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":{})",
                  id_json.empty() ? kNullId : id_json, error.code, quote_json(error.message));
  if (!error.data.empty()) {
    out.append(",\"data\":").append(error.data);
  }
  return out.append("}}");
}

RpcError parse_error(std::string_view error_json) {
  RpcError unreadable{.message = "The upstream's error could not be read."};
  const auto object = json::Object::read(error_json);
  if (!object || !json::is_utf8(error_json)) {
    return unreadable;
  }
  const std::string_view code_json = object->find("code");
  auto message = json::read_string(object->find("message"));
  RpcError error;
  const auto [end, failure] =
      std::from_chars(code_json.data(), code_json.data() + code_json.size(), error.code);
  if (!message || !is_integer(code_json) || failure != std::errc()) {
    return unreadable;
  }
  error.message = *std::move(message);
  error.data = json::one_line(object->find("data"));
  return error;
}

std::string quote_json(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  if (json::is_utf8(text)) {
    json::append_quoted(out, text);
  } else {
    json::append_quoted(out, json::repair_utf8(text));
  }
  return out;
}

}  // namespace larder::mcp

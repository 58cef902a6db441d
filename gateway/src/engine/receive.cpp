#include "engine/receive.hpp"

#include <algorithm>
#include <utility>

namespace larder::gateway {
namespace {

struct Opened {
  Received received;
  mcp::NormalResult result;  // of a complete one
  bool storable = false;
};

// Errors and interim results answer whoever waits and are never stored.
Result<Opened> open_reply(const UpstreamReply& reply) {
  if (reply.is_error) {
    return Opened{.received = {.form = ResultForm::error, .body = reply.json}, .result = {}};
  }
  auto result = mcp::normalise_result(reply.json);
  if (!result) {
    return fail(Errc::protocol_error, "its result is no object");
  }
  if (result->type != "complete") {
    return Opened{.received = {.form = ResultForm::interim,
                               .type = result->type,
                               .body = std::move(result->members)},
                  .result = {}};
  }
  const bool storable = mcp::storable(*result) && !reply.interacted;
  return Opened{.received = {.form = ResultForm::personal},
                .result = *std::move(result),
                .storable = storable};
}

mcp::RpcError for_client(mcp::RpcError error, const Client& client) {
  // A modern server must not emit the code that legacy ones used.
  if (client.era == mcp::Era::modern && error.code == mcp::code::kLegacyResourceNotFound) {
    error.code = mcp::code::kInvalidParams;
  }
  return error;
}

}  // namespace

Result<Received> receive_plain(const UpstreamReply& reply) {
  auto opened = open_reply(reply);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  if (opened->received.form == ResultForm::personal) {
    opened->received.body = std::move(opened->result.members);
  }
  return std::move(opened->received);
}

Result<Received> receive_hinted(const UpstreamReply& reply, const HintlessRule& rule,
                                milliseconds ttl_max) {
  auto opened = open_reply(reply);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  Received& received = opened->received;
  if (received.form != ResultForm::personal) {
    return std::move(received);
  }
  const mcp::CacheHints& hints = opened->result.hints;
  received.ttl = std::clamp(hints.ttl.value_or(rule.ttl), milliseconds(0), ttl_max);
  received.form = form_of(hints.ttl ? hints.scope : rule.scope);
  received.store = opened->storable && received.ttl > milliseconds(0);
  received.body = std::move(opened->result.members);
  return std::move(received);
}

Result<Received> receive_tool(const UpstreamReply& reply, const mcp::CallPolicy& policy,
                              milliseconds ttl_max) {
  auto opened = open_reply(reply);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  Received& received = opened->received;
  if (received.form != ResultForm::personal) {
    return std::move(received);
  }
  received.ttl = std::clamp(policy.ttl, milliseconds(0), ttl_max);
  received.form = form_of(policy.scope);
  received.store = policy.cacheable && opened->storable;
  received.body = std::move(opened->result.members);
  return std::move(received);
}

RpcOutcome answer_with(const Fetched& fetched, const Client& client, bool hinted) {
  const StoredResult& result = fetched.result;
  switch (result.form) {
    case ResultForm::error:
      return std::unexpected(RpcFailure{
          .error = for_client(mcp::parse_error(result.body.view()), client), .note = fetched.note});
    case ResultForm::interim:
      if (client.era == mcp::Era::legacy) {
        return refuse(mcp::code::kInternalError,
                      "the server answered with resultType '" + result.type +
                          "', which this client's protocol version does not know");
      }
      return RpcAnswer{.type = result.type, .members = result.body, .note = fetched.note};
    case ResultForm::shared:
    case ResultForm::personal:
      break;
  }
  RpcAnswer answer{.members = result.body, .note = fetched.note};
  if (hinted) {
    answer.hints = mcp::CacheHints{.ttl = std::max(fetched.ttl_left, milliseconds(0)),
                                   .scope = scope_of(result.form)};
  }
  return answer;
}

std::unexpected<RpcFailure> answer_error(std::string_view upstream, const Error& error) {
  int code = mcp::code::kUpstreamUnavailable;
  if (error.code() == Errc::timeout) {
    code = mcp::code::kUpstreamTimeout;
  } else if (error.code() == Errc::overloaded) {
    code = mcp::code::kOverloaded;
  }
  // An upstream's own errors name it already; those of the cache do not.
  std::string_view context = error.context();
  if (const std::string name = std::string(upstream) + ": "; context.starts_with(name)) {
    context.remove_prefix(name.size());
  }
  std::string message = "upstream '" + std::string(upstream) + "': ";
  message.append(context.empty() ? to_string(error.code()) : context);
  return std::unexpected(
      RpcFailure{.error = {.code = code, .message = std::move(message)},
                 .note = {.outcome = CacheOutcome::bypass, .detail = "upstream-failed"}});
}

}  // namespace larder::gateway

#include "engine/reply.hpp"

#include <utility>

#include <fmt/format.h>

#include <larder/mcp/result.hpp>

namespace larder::gateway {
namespace {

constexpr std::string_view kCacheStatus = "Cache-Status";

}  // namespace

std::string log_members(const RpcRequest& request, const CacheNote& note) {
  std::string text = fmt::format(
      R"("rpc":{},"era":"{}","cache":"{}")", mcp::quote_json(request.message.method),
      request.client.era == mcp::Era::modern ? "modern" : "legacy", to_string(note.outcome));
  if (request.facts.name) {
    text.append(",\"name\":").append(mcp::quote_json(*request.facts.name));
  } else if (request.facts.uri) {
    text.append(",\"uri\":").append(mcp::quote_json(*request.facts.uri));
  }
  return text;
}

unsigned status_of(const RpcFailure& failure, mcp::Era era) noexcept {
  if (era == mcp::Era::legacy) {
    return 200;
  }
  if (failure.malformed) {
    return 400;
  }
  switch (failure.error.code) {
    case mcp::code::kMethodNotFound:
      return 404;
    case mcp::code::kHeaderMismatch:
    case mcp::code::kMissingClientCapability:
    case mcp::code::kUnsupportedVersion:
      return 400;
    default:
      return 200;
  }
}

HttpReply error_reply(unsigned status, std::string_view id_json, const mcp::RpcError& error,
                      const CacheNote& note) {
  HttpReply reply = text_reply(status, "application/json", mcp::write_error(id_json, error));
  reply.headers.emplace_back(kCacheStatus, write_cache_status(note));
  return reply;
}

HttpReply rpc_reply(const RpcRequest& request, const RpcOutcome& outcome) {
  const mcp::Era era = request.client.era;
  const std::string& id = request.message.id_json;
  if (!outcome) {
    const RpcFailure& failure = outcome.error();
    return error_reply(status_of(failure, era), id, failure.error, failure.note);
  }
  mcp::Splice splice = mcp::splice_result(id, era, outcome->type,
                                          era == mcp::Era::modern ? outcome->hints : std::nullopt);
  HttpReply reply;
  reply.body = {Bytes(std::move(splice.prefix)), outcome->members, Bytes(std::move(splice.suffix))};
  reply.headers.emplace_back(kCacheStatus, write_cache_status(outcome->note));
  return reply;
}

HttpReply accepted_reply() {
  HttpReply reply{.status = 202, .content_type = ""};
  reply.headers.emplace_back(kCacheStatus, write_cache_status({}));
  return reply;
}

}  // namespace larder::gateway

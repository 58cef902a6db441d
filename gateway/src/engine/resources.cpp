// resources/read: which upstream has the uri, and its answer through the cache.
#include <utility>

#include <larder/mcp/policy.hpp>

#include "engine/methods.hpp"
#include "engine/outgoing.hpp"
#include "engine/receive.hpp"

namespace larder::gateway {
namespace {

struct ReadCall {
  Member* member;
  UpstreamCall call;
  milliseconds ttl_max;
};

awaitable<Result<Received>> fetch_read(ReadCall call, Deadline deadline) {
  call.call.deadline = deadline;
  const auto reply = co_await call.member->upstream().call(std::move(call.call));
  if (!reply) {
    co_return std::unexpected(reply.error());
  }
  co_return receive_hinted(*reply, call.member->config().cache.reads, call.ttl_max);
}

bool is_not_found(const RpcOutcome& outcome) {
  return !outcome && (outcome.error().error.code == mcp::code::kInvalidParams ||
                      outcome.error().error.code == mcp::code::kLegacyResourceNotFound);
}

// A missing resource has another code in each era. A modern upstream has no other reason to
// refuse the parameters of a well-formed read.
RpcOutcome in_era_of(const Client& client, RpcOutcome outcome) {
  if (client.era == mcp::Era::legacy && is_not_found(outcome)) {
    outcome.error().error.code = mcp::code::kLegacyResourceNotFound;
  }
  return outcome;
}

}  // namespace

// A uri is asked of one upstream after another until one has it: uris are not prefixed, so
// only the upstreams can tell whose it is. The likely one comes first.
awaitable<RpcOutcome> Methods::read_resource(const RpcRequest& request) {
  if (!request.facts.uri) {
    co_return lacks("uri", "the uri of a resource");
  }
  const auto owners = co_await catalogue_.owners(*request.facts.uri);
  RpcOutcome outcome =
      in_era_of(request.client,
                refuse(mcp::code::kInvalidParams, "Resource not found: " + *request.facts.uri));
  for (Member* member : owners) {
    outcome = co_await read_from(*member, request);
    if (!is_not_found(outcome)) {
      co_return outcome;
    }
  }
  co_return outcome;
}

awaitable<RpcOutcome> Methods::read_from(Member& member, const RpcRequest& request) {
  const auto known = co_await catalogue_.facts(member);
  if (!known) {
    co_return answer_error(member.name(), known.error());
  }
  // Results of retries depend on inputs that are no part of the key.
  if (request.facts.is_retry) {
    co_return co_await pass_on_hinted(member, fetch_of(member, request), request.client);
  }
  const auto subject =
      mcp::request_subject(*request.facts.uri, request.message.params_json, std::nullopt);
  if (!subject) {
    co_return std::unexpected(RpcFailure{.error = subject.error(), .note = {}});
  }
  const bool modern = (*known)->era == mcp::Era::modern;
  const ResultQuery query{
      .facts = {.upstream = member.name(),
                .upstream_version = (*known)->version,
                .method = "resources/read",
                .subject = *subject,
                .fingerprint = {},
                .client_capabilities = modern ? std::string_view(request.client.capabilities) : "",
                .principal = {}},
      .principal = request.client.principal,
      .scope = std::nullopt,
      .load_deadline = member.config().options.limits.call_timeout,
      .tags = {member.tag(), member.uri_tag(*request.facts.uri)}};
  if (const auto found = co_await results_.find(query)) {
    co_return answer_with(*found, request.client, true);
  }
  const auto fetched = co_await results_.load(query, fetch_of(member, request));
  if (!fetched) {
    co_return answer_error(member.name(), fetched.error());
  }
  RpcOutcome outcome = answer_with(*fetched, request.client, true);
  co_return modern ? in_era_of(request.client, std::move(outcome)) : outcome;
}

Fetch Methods::fetch_of(Member& member, const RpcRequest& request) const {
  const ReadCall call{.member = &member,
                      .call = outgoing(request, {}),
                      .ttl_max = catalogue_.granted(milliseconds::max())};
  return [call](Deadline deadline) { return fetch_read(call, deadline); };
}

awaitable<RpcOutcome> Methods::pass_on_hinted(Member& member, Fetch fetch, const Client& client) {
  auto received = co_await fetch(clock_.in(member.config().options.limits.call_timeout));
  if (!received) {
    co_return answer_error(member.name(), received.error());
  }
  const Fetched fetched{.result = {.form = received->form,
                                   .type = std::move(received->type),
                                   .body = Bytes(std::move(received->body))},
                        .ttl_left = milliseconds(0),
                        .note = {.outcome = CacheOutcome::bypass}};
  co_return answer_with(fetched, client, true);
}

}  // namespace larder::gateway

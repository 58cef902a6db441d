// An upstream's reply, taken apart for the cache; and what came out of it, put together
// for a client.
#pragma once

#include <string>
#include <string_view>

#include <larder/gateway/config.hpp>
#include <larder/gateway/upstream.hpp>

#include "engine/exchange.hpp"
#include "engine/result_cache.hpp"

namespace larder::gateway {

// A reply that answers but is never stored. A complete result is kept as members.
[[nodiscard]] Result<Received> receive_plain(const UpstreamReply& reply);

// A result with hints: stored for the ttl it names (no longer than `ttl_max`), or by the
// rule for upstreams that give none.
[[nodiscard]] Result<Received> receive_hinted(const UpstreamReply& reply, const HintlessRule& rule,
                                              milliseconds ttl_max);

// A tool's result under an operator's policy.
[[nodiscard]] Result<Received> receive_tool(const UpstreamReply& reply,
                                            const mcp::CallPolicy& policy, milliseconds ttl_max);

// What the client gets. `hinted`: the method's results carry ttlMs and cacheScope.
[[nodiscard]] RpcOutcome answer_with(const Fetched& fetched, const Client& client, bool hinted);

// What the client gets when the upstream gave no answer.
[[nodiscard]] std::unexpected<RpcFailure> answer_error(std::string_view upstream,
                                                       const Error& error);

}  // namespace larder::gateway

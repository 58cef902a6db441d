// The MCP methods: each request to its answer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <larder/gateway/config.hpp>

#include "engine/catalogue.hpp"
#include "engine/exchange.hpp"
#include "engine/result_cache.hpp"

namespace larder::gateway {

class Methods {
 public:
  Methods(Catalogue& catalogue, ResultCache& results, Clock& clock, LogSink& log) noexcept
      : catalogue_(catalogue), results_(results), clock_(clock), log_(log) {}

  // Every method but initialize and notifications, which belong to the session.
  [[nodiscard]] awaitable<RpcOutcome> answer(const RpcRequest& request);

  // The result of `initialize`, as members.
  [[nodiscard]] awaitable<Bytes> initialize(std::string_view version);

 private:
  struct Target;

  [[nodiscard]] awaitable<RpcOutcome> discover();
  [[nodiscard]] awaitable<RpcOutcome> list(const RpcRequest& request, mcp::ListKind kind);
  [[nodiscard]] awaitable<RpcOutcome> call_tool(const RpcRequest& request);
  [[nodiscard]] awaitable<RpcOutcome> read_resource(const RpcRequest& request);
  [[nodiscard]] awaitable<RpcOutcome> read_from(Member& member, const RpcRequest& request);
  [[nodiscard]] awaitable<RpcOutcome> get_prompt(const RpcRequest& request);
  [[nodiscard]] awaitable<RpcOutcome> complete(const RpcRequest& request);

  [[nodiscard]] awaitable<RpcOutcome> run_cached(const RpcRequest& request, const Target& target);
  [[nodiscard]] awaitable<RpcOutcome> run_uncached(const RpcRequest& request, const Target& target);
  [[nodiscard]] awaitable<RpcOutcome> pass_on(Member& member, UpstreamCall call,
                                              const Client& client);
  [[nodiscard]] Fetch fetch_of(Member& member, const RpcRequest& request) const;
  [[nodiscard]] awaitable<RpcOutcome> pass_on_hinted(Member& member, Fetch fetch,
                                                     const Client& client);
  [[nodiscard]] awaitable<std::vector<mcp::HeaderParam>> refreshed_params(Member& member,
                                                                          const std::string& tool);
  [[nodiscard]] std::string instructions() const;

  Catalogue& catalogue_;
  ResultCache& results_;
  Clock& clock_;
  LogSink& log_;
};

// Every method that is answered: the bounded set of labels for metrics.
[[nodiscard]] std::span<const std::string_view> known_methods() noexcept;

}  // namespace larder::gateway

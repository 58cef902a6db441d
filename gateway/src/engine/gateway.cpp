#include <larder/gateway/gateway.hpp>

#include <atomic>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/catalogue.hpp"
#include "engine/endpoint.hpp"
#include "engine/gather.hpp"
#include "engine/health.hpp"
#include "engine/methods.hpp"
#include "engine/metrics.hpp"
#include "engine/origin.hpp"
#include "engine/random.hpp"
#include "engine/reply.hpp"
#include "engine/result_cache.hpp"
#include "engine/session_store.hpp"

namespace larder::gateway {
namespace {

constexpr milliseconds kPingDeadline{1'000};

std::vector<std::unique_ptr<Member>> make_members(std::vector<UpstreamConfig> configs) {
  std::vector<std::unique_ptr<Member>> members;
  for (UpstreamConfig& config : configs) {
    members.push_back(std::make_unique<Member>(std::move(config)));
  }
  return members;
}

std::string secret_of(const Config& config) {
  return config.secret.empty() ? random_token() : config.secret.reveal();
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(GatewayParts parts, Config config)
      : parts_(parts),
        secret_(secret_of(config)),
        origins_{.loopback = is_loopback(config.server.http.host),
                 .hosts = config.server.allowed_hosts,
                 .origins = config.server.allowed_origins},
        results_(parts.results, parts.clock, parts.log, config.cache.value_bytes_max),
        catalogue_(make_members(std::move(config.upstreams)), results_, mcp::CursorSealer(secret_),
                   {.ttl_max = config.cache.ttl_max}, parts.clock, parts.log),
        methods_(catalogue_, results_, parts.clock, parts.log),
        sessions_(parts.state, parts.clock, config.server.session_idle),
        endpoint_(methods_, sessions_, metrics_,
                  {.limits = {.bytes_max = config.server.http.limits.body_bytes_max,
                              .depth_max = config.server.json_depth_max},
                   .secret = secret_,
                   .access_log = config.server.access_log != "off"}) {}

  void connect() {
    for (const auto& member : catalogue_.members()) {
      Member* const target = member.get();
      target->connect(Upstream::start(
          parts_.runtime, parts_.runtime.next_executor(), target->config().options,
          [this, target](const UpstreamNotice& notice) {
            return catalogue_.on_notice(*target, notice);
          },
          parts_.clock, parts_.log));
    }
  }

  awaitable<Result<void>> refuse_conflicts() {
    const auto conflicts = co_await catalogue_.conflicts();
    if (conflicts.empty()) {
      co_return Result<void>();
    }
    co_return fail(Errc::invalid_argument, fmt::format("{}; give one of them \"prefix\": true",
                                                       fmt::join(conflicts, "; ")));
  }

  awaitable<HttpReply> handle(const HttpRequest& request) {
    if (!is_origin_allowed(request, origins_)) {
      co_return error_reply(
          403, "null",
          {.code = mcp::code::kInvalidRequest, .message = "this Origin or Host is not allowed"});
    }
    if (request.path == "/mcp") {
      co_return co_await endpoint_.handle(request);
    }
    if (request.path == "/health" || request.path == "/metrics") {
      co_return co_await observe_endpoints(request);
    }
    co_return text_reply(404, "application/json",
                         "{\"error\":\"nothing here; known: /mcp, /health, /metrics\"}\n");
  }

  void observe(const HttpExchange& exchange) { metrics_.count(exchange); }

  void watch(const HttpServer& server) { server_.store(&server); }

  awaitable<void> close() {
    std::vector<awaitable<bool>> closing;
    for (const auto& member : catalogue_.members()) {
      closing.push_back(close_upstream(*member));
    }
    co_await gather(std::move(closing));
    co_await results_.close();
  }

 private:
  static awaitable<bool> close_upstream(Member& member) {
    co_await member.upstream().close();
    co_return true;
  }

  awaitable<HttpReply> observe_endpoints(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") {
      HttpReply reply = text_reply(405, "application/json", "{\"error\":\"expected GET\"}\n");
      reply.headers.emplace_back("Allow", "GET, HEAD");
      co_return reply;
    }
    if (request.path == "/metrics") {
      co_return text_reply(200, "text/plain; version=0.0.4; charset=utf-8",
                           metrics_.text(snapshot()));
    }
    co_return health_reply({.store_type = std::string(parts_.results.name()),
                            .store = co_await parts_.results.ping(parts_.clock.in(kPingDeadline)),
                            .upstreams = upstreams()});
  }

  std::vector<std::pair<std::string, UpstreamStatus>> upstreams() const {
    std::vector<std::pair<std::string, UpstreamStatus>> all;
    for (const auto& member : catalogue_.members()) {
      all.emplace_back(member->name(), member->upstream().status());
    }
    return all;
  }

  Snapshot snapshot() const {
    const HttpServer* const server = server_.load();
    return Snapshot{.cache = {.cache = "results",
                              .stats = results_.stats(),
                              .store = std::string(parts_.results.name()),
                              .backend = parts_.results.stats()},
                    .upstreams = upstreams(),
                    .http = server != nullptr ? server->stats() : HttpServerStats{}};
  }

  GatewayParts parts_;
  std::string secret_;
  OriginRules origins_;
  Metrics metrics_;
  ResultCache results_;
  Catalogue catalogue_;
  Methods methods_;
  SessionStore sessions_;
  Endpoint endpoint_;
  std::atomic<const HttpServer*> server_{nullptr};
};

Gateway::Gateway(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Gateway::~Gateway() = default;

awaitable<Result<std::unique_ptr<Gateway>>> Gateway::start(GatewayParts parts, Config config) {
  std::unique_ptr<Gateway> gateway(new Gateway(std::make_unique<Impl>(parts, std::move(config))));
  gateway->impl_->connect();
  const auto fine = co_await gateway->impl_->refuse_conflicts();
  if (!fine) {
    co_await gateway->close();
    co_return std::unexpected(fine.error());
  }
  co_return gateway;
}

awaitable<HttpReply> Gateway::handle(const HttpRequest& request) { return impl_->handle(request); }
void Gateway::observe(const HttpExchange& exchange) { impl_->observe(exchange); }
void Gateway::watch(const HttpServer& server) { impl_->watch(server); }
awaitable<void> Gateway::close() { return impl_->close(); }

}  // namespace larder::gateway

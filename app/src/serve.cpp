#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/gateway/gateway.hpp>
#include <larder/gateway/http_server.hpp>
#include <larder/memory/backend.hpp>
#include <larder/runtime/runtime.hpp>

#include "commands.hpp"
#include "json_log.hpp"
#include "load_config.hpp"
#include "stores.hpp"

namespace larder::app {
namespace {

namespace asio = boost::asio;

// Where sessions live when results are kept nowhere.
constexpr std::size_t kStateBytes = std::size_t{16} << 20;

awaitable<std::string> stop_signal() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  const auto [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return number == SIGINT ? "SIGINT" : "SIGTERM";
}

struct Program {
  Runtime& runtime;
  gateway::Config config;
  AccessLog& access;
  JsonLog& log;
};

// Serves until a signal comes. Everything it opens it closes again, in reverse.
awaitable<Result<void>> serve_gateway(Program& program, CacheBackend& results,
                                      CacheBackend& state) {
  const gateway::HttpServerOptions http = program.config.server.http;
  auto gateway = co_await gateway::Gateway::start({.runtime = program.runtime,
                                                   .results = results,
                                                   .state = state,
                                                   .clock = system_clock(),
                                                   .log = program.log},
                                                  std::move(program.config));
  if (!gateway) {
    co_return std::unexpected(gateway.error());
  }
  gateway::Gateway& served = **gateway;
  auto server = gateway::HttpServer::start(
      program.runtime, http,
      [&served](const gateway::HttpRequest& request) { return served.handle(request); },
      [&served, &program](const gateway::HttpExchange& exchange) {
        served.observe(exchange);
        program.access.write(exchange);
      },
      program.log);
  if (!server) {
    co_await served.close();
    co_return std::unexpected(server.error());
  }
  served.watch(**server);
  program.log.info(
      "larder", "listening",
      {{"address", fmt::format("{}:{}", http.host, (*server)->port())}, {"store", results.name()}});
  const std::string signal = co_await stop_signal();
  program.log.info("larder", "stopping", {{"signal", signal}});
  co_await (*server)->stop();
  co_await served.close();
  co_return Result<void>();
}

awaitable<Result<void>> serve_stores(Program& program) {
  const gateway::CacheConfig& cache = program.config.cache;
  const BackendContext context{.clock = system_clock(), .log = program.log, .prefix = cache.prefix};
  auto results = co_await built_in_stores(cache).open(cache.type, context);
  if (!results) {
    co_return std::unexpected(results.error().within("CACHE_TYPE"));
  }
  std::unique_ptr<CacheBackend> state;
  if (!(*results)->capabilities().values) {
    state = MemoryCacheBackend::make(system_clock(), {.bytes_max = kStateBytes}).value();
  }
  const auto served = co_await serve_gateway(program, **results, state ? *state : **results);
  if (state) {
    co_await state->close();
  }
  co_await (*results)->close();
  co_return served;
}

awaitable<void> serve_into(Program& program, Result<void>& outcome) {
  outcome = co_await serve_stores(program);
}

}  // namespace

int serve(const std::string& config_path) {
  auto config = load_config(config_path);
  if (!config) {
    std::fputs(config.error().c_str(), stderr);
    return 2;
  }
  auto access = AccessLog::open(config->server.access_log);
  if (!access) {
    fmt::print(stderr, "larder: {}\n", access.error().context());
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  JsonLog log(config->server.log_level);
  Runtime runtime(config->server.threads, log);
  Program program{.runtime = runtime, .config = *std::move(config), .access = **access, .log = log};
  Result<void> outcome;
  runtime.run("serve", serve_into(program, outcome));
  runtime.stop();
  if (!outcome) {
    fmt::print(stderr, "larder: {}\n", outcome.error().context());
    return 1;
  }
  return 0;
}

}  // namespace larder::app

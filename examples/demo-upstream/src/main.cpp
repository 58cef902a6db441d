// demo-upstream: a small MCP server to stand behind the gateway.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <larder/clock.hpp>
#include <larder/gateway/http_server.hpp>
#include <larder/log.hpp>
#include <larder/runtime/runtime.hpp>

#include "endpoint.hpp"
#include "weather.hpp"

namespace {

namespace asio = boost::asio;

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9001;
  std::uint32_t delay_ms = 800;
};

larder::awaitable<void> until_told_to_stop() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
}

int serve(const Options& options) {
  // One thread, as Weather is not locked.
  larder::Runtime runtime(1, larder::null_log());
  demo::Weather weather(larder::milliseconds(options.delay_ms), larder::system_clock());
  demo::Endpoint endpoint(weather);
  auto server = larder::gateway::HttpServer::start(
      runtime, {.host = options.host, .port = options.port},
      [&endpoint](const larder::gateway::HttpRequest& request) { return endpoint.serve(request); },
      {}, larder::null_log());
  if (!server) {
    fmt::print(stderr, "demo-upstream: {}\n", server.error().message());
    runtime.stop();
    return 1;
  }
  fmt::print("demo-upstream serves http://{}:{}/mcp\n", options.host, (*server)->port());
  std::fflush(stdout);
  runtime.run("wait for a signal", until_told_to_stop());
  runtime.run("stop serving", (*server)->stop());
  server->reset();
  runtime.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A small MCP server: slow forecasts, for a cache to make fast", "demo-upstream");
  app.add_option("--host", options.host, "address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on, 0 for any")->capture_default_str();
  app.add_option("--delay", options.delay_ms, "milliseconds that a forecast takes")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return serve(options);
}

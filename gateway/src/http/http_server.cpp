#include <larder/gateway/http_server.hpp>

#include <sys/socket.h>

#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/server_state.hpp"
#include "http/worker.hpp"

namespace larder::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Lets every thread listen on the same port.
class ReusePort {
 public:
  template <typename Protocol>
  int level(const Protocol&) const noexcept {
    return SOL_SOCKET;
  }
  template <typename Protocol>
  int name(const Protocol&) const noexcept {
    return SO_REUSEPORT;
  }
  template <typename Protocol>
  const void* data(const Protocol&) const noexcept {
    return &value_;
  }
  template <typename Protocol>
  std::size_t size(const Protocol&) const noexcept {
    return sizeof(value_);
  }

 private:
  int value_ = 1;
};

Error cannot_listen(const HttpServerOptions& options, const error_code& error) {
  const bool in_use = error == asio::error::address_in_use;
  return Error(in_use ? Errc::unavailable : Errc::invalid_argument, Advice::never,
               "server: cannot listen on " + options.host + " port " +
                   std::to_string(options.port) + ": " + error.message());
}

tcp::endpoint resolve(const HttpServerOptions& options) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(options.host, not_an_address);
  if (!not_an_address) {
    return {address, options.port};
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  return resolver.resolve(options.host, std::to_string(options.port)).begin()->endpoint();
}

// Opens, binds and listens; the error of the step that failed is thrown.
void listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.set_option(ReusePort());
  acceptor.bind(endpoint);
  acceptor.listen(tcp::acceptor::max_listen_connections);
}

// SO_REUSEPORT would let two servers of one user share a port in silence; a bind without
// the option tells.
void check_port_is_free(const tcp::endpoint& endpoint) {
  asio::io_context context;
  tcp::acceptor probe(context);
  probe.open(endpoint.protocol());
  probe.set_option(tcp::acceptor::reuse_address(true));
  probe.bind(endpoint);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler handler,
       std::function<void(const HttpExchange&)> observe, LogSink& log)
      : state_(std::move(options), std::move(handler), std::move(observe), log) {}

  Result<void> listen_on_all(Runtime& runtime) {
    try {
      auto endpoint = resolve(state_.options);
      check_port_is_free(endpoint);
      for (std::size_t thread = 0; thread < runtime.threads(); ++thread) {
        tcp::acceptor acceptor(runtime.executor(thread));
        listen(acceptor, endpoint);
        endpoint.port(acceptor.local_endpoint().port());
        workers_.push_back(std::make_unique<Worker>(state_, std::move(acceptor)));
      }
      port_ = endpoint.port();
      return {};
    } catch (const boost::system::system_error& error) {
      return std::unexpected(cannot_listen(state_.options, error.code()));
    }
  }

  void start() {
    for (const auto& worker : workers_) {
      worker->start();
    }
  }

  awaitable<void> stop() {
    const auto deadline = std::chrono::steady_clock::now() + state_.options.limits.stop_timeout;
    for (const auto& worker : workers_) {
      co_await run_on(worker->executor(), worker->close_door());
    }
    for (const auto& worker : workers_) {
      co_await run_on(worker->executor(), worker->join(deadline));
    }
    stopped_ = true;
  }

  std::uint16_t port() const noexcept { return port_; }
  bool stopped() const noexcept { return stopped_; }
  const ServerState& state() const noexcept { return state_; }

 private:
  ServerState state_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(
    Runtime& runtime, HttpServerOptions options, HttpHandler handler,
    std::function<void(const HttpExchange&)> observe, LogSink& log) {
  auto impl =
      std::make_shared<Impl>(std::move(options), std::move(handler), std::move(observe), log);
  if (auto listening = impl->listen_on_all(runtime); !listening) {
    return std::unexpected(std::move(listening).error());
  }
  impl->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  if (!impl_->stopped()) {
    std::terminate();
  }
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }

HttpServerStats HttpServer::stats() const noexcept {
  const auto& state = impl_->state();
  return {.connections = state.connections.value(),
          .requests = state.requests.value(),
          .connections_total = state.connections_total.load(std::memory_order_relaxed),
          .refused_total = state.refused_total.load(std::memory_order_relaxed),
          .malformed_total = state.malformed_total.load(std::memory_order_relaxed)};
}

awaitable<void> HttpServer::stop() { return impl_->stop(); }

}  // namespace larder::gateway

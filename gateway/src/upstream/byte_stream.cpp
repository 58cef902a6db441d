#include "upstream/byte_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/runtime/tls.hpp>

#include "upstream/signal.hpp"

namespace larder::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// A server that vanished without a word is noticed after 30 s + 3 * 10 s, which matters to
// notification streams that may be silent for hours.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveEverySeconds = 10;
constexpr int kKeepAliveProbes = 3;

std::array<asio::const_buffer, 2> buffers(std::string_view head, std::string_view body) {
  return {asio::buffer(head), asio::buffer(body)};
}

bool socket_is_quiet(tcp::socket& socket) noexcept {
  char byte = 0;
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void tune(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int handle = socket.native_handle();
  const auto set = [handle](int option, int value) {
    (void)::setsockopt(handle, IPPROTO_TCP, option, &value, sizeof(value));
  };
  set(TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set(TCP_KEEPINTVL, kKeepAliveEverySeconds);
  set(TCP_KEEPCNT, kKeepAliveProbes);
}

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(tcp::socket socket) : socket_(std::move(socket)) {}

  awaitable<Transferred> read_some(std::span<char> into) override {
    const auto [error, bytes] =
        co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), kAsTuple);
    co_return Transferred{error, bytes};
  }
  awaitable<Transferred> write_some(std::string_view head, std::string_view body) override {
    const auto parts = buffers(head, body);
    const auto [error, bytes] = co_await socket_.async_write_some(parts, kAsTuple);
    co_return Transferred{error, bytes};
  }
  bool loses_nothing() const noexcept override { return true; }
  bool quiet() noexcept override { return socket_.is_open() && socket_is_quiet(socket_); }
  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  tcp::socket socket_;
};

class TlsStream final : public ByteStream {
 public:
  TlsStream(tcp::socket socket, TlsContext context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  awaitable<Result<void>> handshake(const std::string& host) {
    if (auto set = tls_expect_host(stream_.native_handle(), host); !set) {
      co_return set;
    }
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::client, kAsTuple);
    if (error && error.category() == asio::error::get_ssl_category()) {
      co_return fail(Errc::access_denied, "TLS: " + error.message());
    }
    if (error) {
      co_return fail(Errc::unavailable, "TLS: " + error.message());
    }
    co_return Result<void>();
  }

  awaitable<Transferred> read_some(std::span<char> into) override {
    const auto [error, bytes] =
        co_await stream_.async_read_some(asio::buffer(into.data(), into.size()), kAsTuple);
    // A peer that closes TCP without close_notify: whether the answer was whole is what
    // HTTP's own framing tells.
    co_return Transferred{error == asio::ssl::error::stream_truncated ? asio::error::eof : error,
                          bytes};
  }
  awaitable<Transferred> write_some(std::string_view head, std::string_view body) override {
    const auto parts = buffers(head, body);
    const auto [error, bytes] = co_await stream_.async_write_some(parts, kAsTuple);
    co_return Transferred{error, bytes};
  }
  bool loses_nothing() const noexcept override { return false; }
  bool quiet() noexcept override {
    return stream_.lowest_layer().is_open() && socket_is_quiet(stream_.next_layer());
  }
  void close() noexcept override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  TlsContext context_;
  asio::ssl::stream<tcp::socket> stream_;
};

// getaddrinfo blocks a helper thread and cannot be cancelled, so it is left behind when
// its asker goes, and owns what it needs.
struct Resolution {
  explicit Resolution(const asio::any_io_executor& executor)
      : resolver(executor), changed(executor) {}
  tcp::resolver resolver;
  Signal changed;
  bool done = false;
  boost::system::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

awaitable<Result<std::vector<tcp::endpoint>>> resolve(const Url& url) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(url.host, not_an_address);
  if (!not_an_address) {
    const auto port = static_cast<asio::ip::port_type>(std::stoul(url.port));
    co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};
  }
  const auto found = std::make_shared<Resolution>(co_await asio::this_coro::executor);
  found->resolver.async_resolve(
      url.host, url.port,
      [found](const boost::system::error_code& error, const tcp::resolver::results_type& results) {
        found->error = error;
        for (const auto& result : results) {
          found->endpoints.push_back(result.endpoint());
        }
        found->done = true;
        found->changed.notify_all();
      });
  while (!found->done) {
    if (!co_await found->changed.wait()) {
      co_return fail(Errc::cancelled, "resolving " + url.host);
    }
  }
  if (found->error) {
    co_return fail(Errc::unavailable, "resolving " + url.host + ": " + found->error.message());
  }
  co_return std::move(found->endpoints);
}

}  // namespace

awaitable<Result<std::unique_ptr<ByteStream>>> connect_stream(const Url& url, TlsContext tls) {
  const auto endpoints = co_await resolve(url);
  if (!endpoints) {
    co_return std::unexpected(endpoints.error());
  }
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto [error, endpoint] = co_await asio::async_connect(socket, *endpoints, kAsTuple);
  if (error) {
    co_return fail(Errc::unavailable, "connecting to " + url.authority + ": " + error.message());
  }
  tune(socket);
  if (!tls) {
    co_return std::make_unique<PlainStream>(std::move(socket));
  }
  auto secured = std::make_unique<TlsStream>(std::move(socket), std::move(tls));
  if (auto ready = co_await secured->handshake(url.host); !ready) {
    co_return std::unexpected(ready.error().within("connecting to " + url.authority));
  }
  co_return std::move(secured);
}

}  // namespace larder::gateway

#include "fake_server.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include <larder/testkit/run.hpp>

namespace larder::gateway::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

}  // namespace

std::string Seen::header(std::string_view name) const {
  const std::string wanted = "\r\n" + lower(name) + ": ";
  const std::size_t at = lower(head).find(wanted);
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + wanted.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string Seen::rpc_method() const {
  const auto message = nlohmann::json::parse(body, nullptr, false);
  return message.is_object() ? message.value("method", "") : "";
}

std::string Seen::rpc_id() const {
  const auto message = nlohmann::json::parse(body, nullptr, false);
  return message.is_object() && message.contains("id") ? message["id"].dump() : "null";
}

awaitable<bool> Peer::send(std::string text) {
  const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(text), kAsTuple);
  co_return !error;
}

awaitable<void> Peer::until_closed() {
  char byte = 0;
  co_await socket_.async_read_some(asio::buffer(&byte, 1), kAsTuple);
  close();
}

void Peer::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

awaitable<bool> Peer::reply(unsigned status, std::string_view type, std::string body,
                            std::string_view more_headers) {
  co_return co_await send(
      fmt::format("HTTP/1.1 {} Text\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}", status,
                  type, body.size(), more_headers, body));
}

awaitable<bool> Peer::json(std::string body) {
  co_return co_await reply(200, "application/json", std::move(body));
}

awaitable<bool> Peer::result(const Seen& seen, std::string_view result_json) {
  co_return co_await json(
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", seen.rpc_id(), result_json));
}

awaitable<bool> Peer::stream() {
  co_return co_await send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
}

awaitable<bool> Peer::event(std::string_view data, std::string_view id) {
  std::string text;
  if (!id.empty()) {
    text += fmt::format("id: {}\n", id);
  }
  co_return co_await send(text + fmt::format("data: {}\n\n", data));
}

FakeServer::FakeServer(Runtime& runtime, Script script, unsigned short port)
    : runtime_(runtime),
      script_(std::move(script)),
      acceptor_(runtime.executor(0), tcp::endpoint(asio::ip::address_v4::loopback(), port)),
      port_(acceptor_.local_endpoint().port()) {
  runtime_.spawn(runtime_.executor(0), "fake server", accept());
}

FakeServer::~FakeServer() {
  if (accepting_ || !peers_.empty()) {
    std::terminate();  // stop() was forgotten
  }
}

std::string FakeServer::url() const { return fmt::format("http://127.0.0.1:{}/mcp", port_); }

std::size_t FakeServer::count(std::string_view method) const {
  return static_cast<std::size_t>(std::ranges::count_if(seen_, [method](const Seen& seen) {
    return seen.rpc_method() == method || (seen.body.empty() && seen.method == method);
  }));
}

const Seen& FakeServer::last(std::string_view method) const {
  for (auto seen = seen_.rbegin(); seen != seen_.rend(); ++seen) {
    if (seen->rpc_method() == method || (seen->body.empty() && seen->method == method)) {
      return *seen;
    }
  }
  throw std::out_of_range("no request " + std::string(method));
}

void FakeServer::cut() {
  for (const auto& peer : peers_) {
    peer->close();
  }
}

awaitable<void> FakeServer::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  cut();
  const std::function<bool()> ended = [this] { return !accepting_ && peers_.empty(); };
  co_await testkit::yield_until(ended);
}

awaitable<void> FakeServer::accept() {
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error) {
      break;
    }
    peers_.push_back(std::make_shared<Peer>(std::move(socket)));
    runtime_.spawn(runtime_.executor(0), "fake connection", serve(peers_.back(), connections_++));
  }
  accepting_ = false;
}

awaitable<void> FakeServer::serve(std::shared_ptr<Peer> peer, std::size_t number) {
  while (true) {
    const auto [error, size] = co_await asio::async_read_until(
        peer->socket_, asio::dynamic_buffer(peer->buffer_), "\r\n\r\n", kAsTuple);
    if (error) {
      break;
    }
    Seen seen{.head = peer->buffer_.substr(0, size), .connection = number};
    peer->buffer_.erase(0, size);
    seen.method = seen.head.substr(0, seen.head.find(' '));
    const std::string length = seen.header("Content-Length");
    seen.body.resize(length.empty() ? 0 : std::stoul(length));
    const std::size_t had = std::min(seen.body.size(), peer->buffer_.size());
    peer->buffer_.copy(seen.body.data(), had);
    peer->buffer_.erase(0, had);
    const auto [cut, more] = co_await asio::async_read(
        peer->socket_, asio::buffer(seen.body.data() + had, seen.body.size() - had), kAsTuple);
    if (cut) {
      break;
    }
    seen_.push_back(seen);
    co_await script_(*peer, seen);
    if (!peer->socket_.is_open()) {
      break;
    }
  }
  std::erase(peers_, peer);
}

}  // namespace larder::gateway::test

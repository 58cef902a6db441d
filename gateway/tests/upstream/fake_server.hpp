// FakeServer: an HTTP server whose every byte is decided by the test.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <larder/clock.hpp>
#include <larder/runtime/runtime.hpp>

namespace larder::gateway::test {

// A request as it arrived.
struct Seen {
  std::string method;
  std::string head;  // as sent, header names included
  std::string body;
  std::size_t connection = 0;  // which one, from 0

  [[nodiscard]] std::string header(std::string_view name) const;  // empty where absent
  [[nodiscard]] std::string rpc_method() const;
  [[nodiscard]] std::string rpc_id() const;  // JSON text
};

// The connection a request came on.
class Peer {
 public:
  explicit Peer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  // False when the client is gone.
  awaitable<bool> send(std::string text);
  awaitable<void> until_closed();  // by the client
  void close();

  // An answer with Content-Length.
  awaitable<bool> reply(unsigned status, std::string_view type, std::string body,
                        std::string_view more_headers = {});
  awaitable<bool> json(std::string body);
  // {"jsonrpc":"2.0","id":...,"result":...}
  awaitable<bool> result(const Seen& seen, std::string_view result_json);
  // The head of an event stream that ends with the connection.
  awaitable<bool> stream();
  awaitable<bool> event(std::string_view data, std::string_view id = {});

 private:
  friend class FakeServer;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
};

// Lives on the first thread of the runtime, as the test does. stop() before it ends.
class FakeServer {
 public:
  using Script = std::function<awaitable<void>(Peer&, const Seen&)>;

  FakeServer(Runtime& runtime, Script script, unsigned short port = 0);
  ~FakeServer();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  // Of that JSON-RPC method, or that HTTP method where there is no JSON-RPC.
  [[nodiscard]] std::size_t count(std::string_view method) const;
  [[nodiscard]] const Seen& last(std::string_view method) const;
  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t open() const { return peers_.size(); }

  // Cuts the connections that are open.
  void cut();
  awaitable<void> stop();

 private:
  awaitable<void> accept();
  awaitable<void> serve(std::shared_ptr<Peer> peer, std::size_t number);

  Runtime& runtime_;
  Script script_;
  boost::asio::ip::tcp::acceptor acceptor_;
  unsigned short port_ = 0;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::vector<Seen> seen_;
  std::size_t connections_ = 0;
  bool accepting_ = true;
};

}  // namespace larder::gateway::test

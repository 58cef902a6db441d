#include <larder/testkit/tcp_gate.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <larder/testkit/run.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

const tcp::endpoint kAnyPort(asio::ip::address_v4::loopback(), 0);

// Says again what it hears, one connection after another, until its listener is shut down.
class EchoServer {
 public:
  EchoServer() : acceptor_(io_, kAnyPort), thread_([this] { serve(); }) {}
  ~EchoServer() {
    // A connection wakes it; it sees that it is to end.
    ending_ = true;
    tcp::socket last(io_);
    boost::system::error_code ignored;  // it may have ended already
    last.connect(acceptor_.local_endpoint(), ignored);
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void serve() {
    while (!ending_) {
      tcp::socket socket(io_);
      acceptor_.accept(socket);
      std::array<char, 4096> buffer{};
      boost::system::error_code ended;
      while (!ended && !ending_) {
        const std::size_t size = socket.read_some(asio::buffer(buffer), ended);
        if (!ended) {
          asio::write(socket, asio::buffer(buffer.data(), size), ended);
        }
      }
    }
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::atomic<bool> ending_ = false;
  std::jthread thread_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(io_) {
    socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  }
  void say(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
  std::string hear(std::size_t size) {
    std::string text(size, '\0');
    boost::system::error_code failed;
    asio::read(socket_, asio::buffer(text), failed);
    return failed ? failed == asio::error::eof ? "(end)" : "(reset)" : text;
  }
  // What has arrived by now.
  std::size_t there() { return socket_.available(); }

 private:
  asio::io_context io_;
  tcp::socket socket_;
};

// The gate in front of an echo. The server ends last: the gate lets go of it first.
struct Gate {
  EchoServer server;
  TcpGate gate{server.port()};
};

TEST(TcpGate, passes_bytes_both_ways_and_counts_them) {
  Gate place;
  Client client(place.gate.port());
  const std::string text(100'000, 'x');
  std::jthread talker([&] { client.say(text); });
  EXPECT_EQ(client.hear(text.size()), text);
  // The gate counts when it has written, which is a moment after the client hears.
  const std::function<bool()> counted = [&] {
    return place.gate.counts().bytes_to_client == text.size();
  };
  run(yield_until(counted));
  const GateCounts counts = place.gate.counts();
  EXPECT_EQ(counts.connections, 1U);
  EXPECT_EQ(counts.open, 1U);
  EXPECT_EQ(counts.bytes_to_server, text.size());
}

TEST(TcpGate, ends_connections_with_fin_or_rst) {
  for (const auto& [how, seen] : {std::pair(Cut::finish, "(end)"), {Cut::reset, "(reset)"}}) {
    Gate place;
    Client client(place.gate.port());
    client.say("1");
    EXPECT_EQ(client.hear(1), "1");
    place.gate.cut(how);
    EXPECT_EQ(client.hear(1), seen);
    EXPECT_EQ(place.gate.counts().open, 0U);
    Client next(place.gate.port());
    next.say("2");
    EXPECT_EQ(next.hear(1), "2");
  }
}

TEST(TcpGate, holds_everything_back_as_a_black_hole_and_lets_it_go) {
  Gate place;
  Client client(place.gate.port());
  client.say("1");
  EXPECT_EQ(client.hear(1), "1");
  place.gate.set({.mode = GateMode::black_hole});
  client.say("2");
  EXPECT_EQ(place.gate.counts().bytes_to_server, 1U);
  EXPECT_EQ(client.there(), 0U);
  place.gate.set({});
  EXPECT_EQ(client.hear(1), "2");
}

TEST(TcpGate, refuses_new_connections_only) {
  Gate place;
  Client there(place.gate.port());
  there.say("1");
  EXPECT_EQ(there.hear(1), "1");
  place.gate.set({.mode = GateMode::refuse});
  Client refused(place.gate.port());
  EXPECT_EQ(refused.hear(1), "(reset)");
  there.say("2");
  EXPECT_EQ(there.hear(1), "2");
  EXPECT_EQ(place.gate.counts().refused, 1U);
}

TEST(TcpGate, delays) {
  Gate place;
  Client client(place.gate.port());
  constexpr milliseconds kDelay{20};
  place.gate.set({.delay = kDelay});
  const auto start = std::chrono::steady_clock::now();
  client.say("1");
  EXPECT_EQ(client.hear(1), "1");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 2 * kDelay);
}

TEST(TcpGate, trickles) {
  Gate place;
  Client client(place.gate.port());
  place.gate.set({.trickle_bytes = 1, .tick = milliseconds(1)});
  const auto start = std::chrono::steady_clock::now();
  client.say("0123456789");
  EXPECT_EQ(client.hear(10), "0123456789");
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(9));
}

TEST(TcpGate, resets_where_the_server_is_gone) {
  std::uint16_t port = 0;
  {
    const EchoServer gone;
    port = gone.port();
  }
  TcpGate gate(port);
  Client client(gate.port());
  EXPECT_EQ(client.hear(1), "(reset)");
}

}  // namespace
}  // namespace larder::testkit

#include <larder/testkit/tcp_gate.hpp>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// A client and the server, and what passes between them. Ends when either side has ended.
struct Pair {
  explicit Pair(asio::io_context& io, tcp::socket from)
      : client(std::move(from)), server(io), changed(io, SteadyTime::max()) {}

  tcp::socket client;
  tcp::socket server;
  asio::steady_timer changed;  // rung when the gate is set or the pair has ended
  bool ended = false;
};

void end(Pair& pair, Cut how) {
  for (tcp::socket* socket : {&pair.client, &pair.server}) {
    boost::system::error_code ignored;  // it is of no use any more
    if (how == Cut::reset) {
      socket->set_option(asio::socket_base::linger(true, 0), ignored);
    }
    socket->close(ignored);
  }
  pair.ended = true;
  pair.changed.cancel();
}

}  // namespace

class TcpGate::Impl {
 public:
  explicit Impl(std::uint16_t server_port)
      : server_(asio::ip::address_v4::loopback(), server_port),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port_(acceptor_.local_endpoint().port()) {
    spawn(accept());
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Impl() { io_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Runs `work` on the gate's thread and waits for it.
  template <typename Work>
  auto ask(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto answer = task.get_future();
    asio::post(io_, std::ref(task));
    return answer.get();
  }

  void set(GateOptions options) {
    options_ = options;
    for (const auto& [number, pair] : pairs_) {
      pair->changed.cancel();
    }
  }
  void cut(Cut how) {
    for (const auto& [number, pair] : std::map(pairs_)) {
      end(*pair, how);
    }
  }
  [[nodiscard]] GateCounts counts() const {
    GateCounts counts = counts_;
    counts.open = static_cast<std::uint64_t>(
        std::ranges::count_if(pairs_, [](const auto& one) { return !one.second->ended; }));
    return counts;
  }

 private:
  void spawn(awaitable<void> work) {
    // Nothing in there throws but a bug, which must not look like a bad network.
    asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& failure) {
      if (failure) {
        std::rethrow_exception(failure);
      }
    });
  }

  awaitable<void> accept() {
    for (;;) {
      auto [failed, socket] = co_await acceptor_.async_accept(kAwait);
      if (failed) {
        continue;
      }
      auto pair = std::make_shared<Pair>(io_, std::move(socket));
      if (options_.mode == GateMode::refuse || pairs_.size() >= kConnectionsMax) {
        ++counts_.refused;
        end(*pair, Cut::reset);
        continue;
      }
      pairs_.emplace(counts_.connections++, pair);
      spawn(join(counts_.connections - 1, pair));
    }
  }

  awaitable<void> join(std::uint64_t number, std::shared_ptr<Pair> pair) {
    const auto [failed] = co_await pair->server.async_connect(server_, kAwait);
    if (failed || pair->ended) {
      end(*pair, Cut::reset);
    } else {
      boost::system::error_code ignored;  // only speed depends on it
      pair->client.set_option(tcp::no_delay(true), ignored);
      pair->server.set_option(tcp::no_delay(true), ignored);
      spawn(forward(pair, pair->server, pair->client, counts_.bytes_to_client));
      co_await forward(pair, pair->client, pair->server, counts_.bytes_to_server);
    }
    pairs_.erase(number);
  }

  awaitable<void> forward(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to,
                          std::uint64_t& count) {
    std::array<char, kBufferBytes> buffer{};
    while (!pair->ended) {
      const auto [ended, size] = co_await from.async_read_some(asio::buffer(buffer), kAwait);
      if (ended) {
        // The end of one direction ends the pair; an error goes on as an error.
        end(*pair, ended == asio::error::eof ? Cut::finish : Cut::reset);
        co_return;
      }
      co_await hand_on(*pair, to, std::string_view(buffer.data(), size), count);
    }
  }

  awaitable<void> hand_on(Pair& pair, tcp::socket& to, std::string_view bytes,
                          std::uint64_t& count) {
    asio::steady_timer pause(io_);
    if (options_.delay > milliseconds(0)) {
      pause.expires_after(options_.delay);
      co_await pause.async_wait(kAwait);
    }
    while (!bytes.empty()) {
      while (options_.mode == GateMode::black_hole && !pair.ended) {
        pair.changed.expires_at(SteadyTime::max());
        co_await pair.changed.async_wait(kAwait);
      }
      const std::size_t most = options_.trickle_bytes;
      const std::string_view run = bytes.substr(0, most == 0 ? bytes.size() : most);
      const auto [failed, size] = co_await asio::async_write(to, asio::buffer(run), kAwait);
      count += size;
      if (failed || pair.ended) {
        co_return;
      }
      bytes.remove_prefix(run.size());
      if (!bytes.empty()) {
        pause.expires_after(options_.tick);
        co_await pause.async_wait(kAwait);
      }
    }
  }

  tcp::endpoint server_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::uint16_t port_;
  GateOptions options_;
  GateCounts counts_;
  std::map<std::uint64_t, std::shared_ptr<Pair>> pairs_;
  std::jthread thread_;
};

TcpGate::TcpGate(std::uint16_t server_port) : impl_(std::make_unique<Impl>(server_port)) {}
TcpGate::~TcpGate() = default;

std::uint16_t TcpGate::port() const noexcept { return impl_->port(); }
void TcpGate::set(GateOptions options) {
  impl_->ask([this, options] { impl_->set(options); });
}
void TcpGate::cut(Cut how) {
  impl_->ask([this, how] { impl_->cut(how); });
}
GateCounts TcpGate::counts() const {
  return impl_->ask([this] { return impl_->counts(); });
}

}  // namespace larder::testkit

#include <larder/testkit/store_server.hpp>

#include <unistd.h>

#include <charconv>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <larder/testkit/run.hpp>

#include "remote/server_session.hpp"

namespace larder::testkit {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

}  // namespace

class StoreServer::Impl {
 public:
  Impl(CacheBackend& store, Clock& clock, std::uint16_t port)
      : store_(store),
        clock_(clock),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
    asio::co_spawn(io_, accept(), [](const std::exception_ptr& failure) {
      if (failure) {
        std::rethrow_exception(failure);
      }
    });
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Impl() { io_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  awaitable<void> accept() {
    for (;;) {
      auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (!failed) {
        std::make_shared<ServerSession>(io_, std::move(socket), store_, clock_, tokens_from_)
            ->start();
      }
    }
  }

  CacheBackend& store_;
  Clock& clock_;
  // Room for more leases than a test takes, before it wraps or meets that of another start.
  std::uint64_t tokens_from_ = std::uint64_t{std::random_device()()} << 24U;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::jthread thread_;
};

StoreServer::StoreServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
StoreServer::~StoreServer() = default;
std::uint16_t StoreServer::port() const noexcept { return impl_->port(); }

Result<std::unique_ptr<StoreServer>> StoreServer::start(CacheBackend& store, Clock& clock,
                                                        std::uint16_t port) {
  try {
    return std::unique_ptr<StoreServer>(
        new StoreServer(std::make_unique<Impl>(store, clock, port)));
  } catch (const boost::system::system_error& failure) {
    return fail(Errc::unavailable, failure.what());
  }
}

namespace {

// A store and who serves it; the store is closed when it goes.
class Served {
 public:
  static Result<std::unique_ptr<Served>> start(Result<std::unique_ptr<CacheBackend>> store,
                                               Clock& clock, std::uint16_t port) {
    if (!store) {
      return std::unexpected(store.error());
    }
    auto served = std::make_unique<Served>();
    served->store_ = std::move(*store);
    auto server = StoreServer::start(*served->store_, clock, port);
    if (!server) {
      return std::unexpected(server.error());
    }
    served->server_ = std::move(*server);
    return served;
  }
  ~Served() {
    server_.reset();
    run(store_->close());
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  std::unique_ptr<CacheBackend> store_;
  std::unique_ptr<StoreServer> server_;
};

void advance_by(std::string_view digits, FakeClock& clock) {
  milliseconds::rep span = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), span);
  clock.advance(milliseconds(span));
}

}  // namespace

int serve_until_input_ends(const std::function<Result<std::unique_ptr<CacheBackend>>()>& make,
                           Clock& clock, std::uint16_t port, FakeClock* advance) {
  constexpr std::string_view kAdvance = "advance ";
  auto served = Served::start(make(), clock, port);
  std::string line;
  while (served) {
    std::cout << (*served)->port() << std::endl;
    if (!std::getline(std::cin, line)) {
      // Its parent is gone. What it holds dies with it, as it does when it is killed.
      ::_exit(0);
    }
    if (line == "fresh") {
      port = (*served)->port();
      served->reset();
      served = Served::start(make(), clock, port);
    } else if (advance != nullptr && line.starts_with(kAdvance)) {
      advance_by(std::string_view(line).substr(kAdvance.size()), *advance);
    }
  }
  std::cerr << served.error().message() << '\n';
  return 1;
}

}  // namespace larder::testkit

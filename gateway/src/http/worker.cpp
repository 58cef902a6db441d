#include "http/worker.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/runtime/describe.hpp>

namespace larder::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// How often deadlines are looked at, and clients that hung up are noticed.
constexpr milliseconds kTickMin{5};
constexpr milliseconds kTickMax{100};
// For how long a client may go on sending after the last reply.
constexpr milliseconds kLingerTimeout{1'000};
// Before accepting again when the machine is out of descriptors.
constexpr milliseconds kAcceptPause{100};

milliseconds tick_for(const HttpLimits& limits) {
  const auto shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, kTickMin, kTickMax);
}

}  // namespace

Worker::Worker(ServerState& server, tcp::acceptor acceptor)
    : server_(server),
      acceptor_(std::move(acceptor)),
      sweep_timer_(acceptor_.get_executor()),
      accept_pause_(acceptor_.get_executor()),
      finished_timer_(acceptor_.get_executor()),
      tick_(tick_for(server.options.limits)) {
  const auto& limits = server.options.limits;
  const auto set = [this](Phase phase, milliseconds span) {
    // One tick more: `now` may be that old when a phase begins.
    thread_.patience[static_cast<std::size_t>(phase)] = span + tick_;
  };
  set(Phase::idle, limits.idle_timeout);
  set(Phase::head, limits.header_timeout);
  set(Phase::body, limits.body_timeout);
  set(Phase::handling, milliseconds(0));  // overdue means: look whether the client is there
  set(Phase::writing, limits.write_timeout);
  set(Phase::lingering, kLingerTimeout);
  thread_.now = std::chrono::steady_clock::now();
}

void Worker::start() {
  loops_ = 2;
  launch(accept_loop());
  launch(sweep_loop());
}

void Worker::launch(awaitable<void> loop) {
  asio::co_spawn(executor(), std::move(loop), [this](const std::exception_ptr& raised) {
    if (raised) {
      server_.log.error("http", "a server loop ended by an exception",
                        {{"what", describe(raised)}});
    }
    --loops_;
    finished_timer_.cancel();
  });
}

awaitable<void> Worker::accept_loop() {
  while (!thread_.stopping) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (thread_.stopping) {
      co_return;
    }
    if (!error) {
      accept_failing_ = false;
      admit(std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      if (!std::exchange(accept_failing_, true)) {
        server_.log.error("http", "cannot accept connections", {{"what", error.message()}});
      }
      accept_pause_.expires_after(kAcceptPause);
      co_await accept_pause_.async_wait(kAwait);
    }
  }
}

void Worker::admit(tcp::socket socket) {
  server_.connections_total.fetch_add(1, std::memory_order_relaxed);
  if (!server_.connections.take()) {
    server_.refused_total.fetch_add(1, std::memory_order_relaxed);
    turn_away(std::move(socket));
    return;
  }
  if (connections_.empty()) {
    // The sweeper slept, so its time is old.
    thread_.now = std::chrono::steady_clock::now();
    sweep_timer_.cancel();
  }
  auto connection = std::make_shared<Connection>(server_, thread_, std::move(socket));
  connection->place = connections_.size();
  connections_.push_back(connection);
  const auto slot = connection->signal().slot();
  auto ended = [this, connection](const std::exception_ptr& raised) {
    if (raised) {
      server_.log.error("http", "a connection ended by an exception", {{"what", describe(raised)}});
    }
    remove(*connection);
  };
  auto work = connection->run();
  asio::co_spawn(executor(), std::move(work), asio::bind_cancellation_slot(slot, std::move(ended)));
}

// The reply is written without waiting: a client that we have no room for gets no time.
void Worker::turn_away(tcp::socket socket) {
  auto reply = error_reply(503, "connections_max connections are open");
  reply.headers.emplace_back("Retry-After", "1");
  std::string text;
  write_head(text, reply, {.date = thread_.date.now(), .keep_alive = false});
  text.append(reply.body.front().view());
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  // Unread bytes would turn the close into a reset, which may overtake the reply.
  std::array<char, 4096> dropped;
  socket.read_some(asio::buffer(dropped), ignored);
}

void Worker::remove(Connection& connection) noexcept {
  server_.connections.give_back();
  const auto place = connection.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  // The coroutine that just ended is still on the stack and bound to the connection's slot.
  asio::post(executor(), [gone = std::move(connections_.back())] {});
  connections_.pop_back();
  if (connections_.empty() && thread_.stopping) {
    sweep_timer_.cancel();
    finished_timer_.cancel();
  }
}

awaitable<void> Worker::sweep_loop() {
  while (!thread_.stopping || !connections_.empty()) {
    if (connections_.empty()) {
      sweep_timer_.expires_at(SteadyTime::max());
    } else {
      sweep_timer_.expires_after(tick_);
    }
    co_await sweep_timer_.async_wait(kAwait);
    sweep();
  }
}

void Worker::sweep() {
  thread_.now = std::chrono::steady_clock::now();
  for (const auto& connection : connections_) {
    if (connection->overdue() && connection->phase() != Phase::handling) {
      connection->expire();
    }
  }
  cut_abandoned();
}

// A client that closes its connection cancels its request. Looked for only where a handler
// has already run for a tick, so quick requests pay nothing. The socket's state is asked
// for, not its data: a pipelined request that waits there is no disconnect.
void Worker::cut_abandoned() {
  std::vector<pollfd> polled;
  std::vector<Connection*> running;
  for (const auto& connection : connections_) {
    if (connection->phase() == Phase::handling && connection->overdue()) {
      polled.push_back({.fd = connection->descriptor(), .events = POLLRDHUP, .revents = 0});
      running.push_back(connection.get());
    }
  }
  if (polled.empty() || ::poll(polled.data(), polled.size(), 0) <= 0) {
    return;
  }
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents != 0) {
      running[i]->cut();
    }
  }
}

void Worker::cut_all() {
  for (const auto& connection : connections_) {
    connection->cut();
  }
}

awaitable<void> Worker::close_door() {
  thread_.stopping = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  sweep_timer_.cancel();
  for (const auto& connection : connections_) {
    if (connection->phase() == Phase::idle) {
      connection->cut();
    }
  }
  co_return;
}

awaitable<void> Worker::join(SteadyTime deadline) {
  finished_timer_.expires_at(deadline);
  while (!finished()) {
    co_await finished_timer_.async_wait(kAwait);
    if (std::chrono::steady_clock::now() >= deadline) {
      cut_all();
      finished_timer_.expires_at(SteadyTime::max());
    }
  }
}

}  // namespace larder::gateway

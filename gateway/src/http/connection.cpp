#include "http/connection.hpp"

#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/runtime/describe.hpp>

namespace larder::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Pipelined requests of one connection that are served before others get their turn.
constexpr unsigned kTurnRequestsMax = 64;

// What is read and dropped after the last reply, so that the client gets to read it.
constexpr std::size_t kLingerBytesMax = 1U << 20;

HttpReply overloaded_reply() {
  auto reply = error_reply(503, "requests_max requests are running");
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

bool has_no_body(const HttpReply& reply, const HttpRequest& request) noexcept {
  return request.method == "HEAD" || reply.status == 204 || reply.status == 304;
}

}  // namespace

Connection::Connection(ServerState& server, ThreadState& thread, tcp::socket socket)
    : server_(server), thread_(thread), socket_(std::move(socket)), parser_(server.options.limits) {
  boost::system::error_code ignored;
  peer_ = socket_.remote_endpoint(ignored).address().to_string();
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  enter(Phase::idle);
}

awaitable<void> Connection::run() {
  bool open = true;
  while (open) {
    switch (parser_.step()) {
      case ParseStep::need_more:
        open = co_await receive();
        break;
      case ParseStep::complete:
        open = co_await exchange();
        break;
      case ParseStep::failed:
        open = co_await refuse(parser_.failure());
        break;
    }
  }
  if (linger_ && !cut_) {
    co_await linger();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

awaitable<bool> Connection::receive() {
  turn_ = 0;
  const Phase waiting =
      parser_.in_body() ? Phase::body : (parser_.idle() ? Phase::idle : Phase::head);
  if (waiting != phase_) {
    enter(waiting);
  }
  if (waiting == Phase::idle && thread_.stopping) {
    co_return false;
  }
  if (waiting == Phase::body && parser_.head().expects_continue() && !continued_) {
    continued_ = true;
    outgoing_.start("HTTP/1.1 100 Continue\r\n\r\n", {});
    if (!co_await flush()) {
      co_return false;
    }
    enter(Phase::body);
  }
  const auto room = parser_.prepare();
  const auto [error, count] =
      co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), kAwait);
  if (cut_) {
    co_return false;
  }
  if (error) {
    if (timed_out_ && phase_ != Phase::idle) {
      co_return co_await refuse(
          {408, phase_ == Phase::head ? "header_timeout passed" : "body_timeout passed"});
    }
    co_return false;
  }
  parser_.commit(count);
  co_return true;
}

awaitable<bool> Connection::exchange() {
  auto& request = parser_.request();
  request.peer = peer_;
  const auto began = server_.observe ? std::chrono::steady_clock::now() : SteadyTime{};
  const HttpReply reply = co_await handle(request);
  if (cut_) {
    co_return false;
  }
  const bool keep_alive = parser_.head().keep_alive() && !reply.close && !thread_.stopping;
  start_write(reply, keep_alive);
  if (!write_now() || (!outgoing_.done() && !co_await flush())) {
    co_return false;
  }
  if (server_.observe) {
    const auto took = std::chrono::steady_clock::now() - began;
    server_.observe(
        {request, reply, std::chrono::duration_cast<std::chrono::microseconds>(took).count()});
  }
  parser_.next();
  continued_ = false;
  enter(Phase::idle);
  if (keep_alive && ++turn_ >= kTurnRequestsMax) {
    turn_ = 0;
    co_await asio::post(kAwait);
    co_return !cut_;
  }
  linger_ = !keep_alive;
  co_return keep_alive;
}

awaitable<HttpReply> Connection::handle(const HttpRequest& request) {
  if (!server_.requests.take()) {
    server_.refused_total.fetch_add(1, std::memory_order_relaxed);
    co_return overloaded_reply();
  }
  enter(Phase::handling);
  std::exception_ptr raised;
  HttpReply reply;
  try {
    reply = co_await server_.handler(request);
  } catch (...) {
    raised = std::current_exception();
  }
  server_.requests.give_back();
  if (raised && !cut_) {
    server_.log.error("http", "a handler threw",
                      {{"path", request.path}, {"what", describe(raised)}});
    reply = error_reply(500, "internal error");
  }
  co_return reply;
}

awaitable<bool> Connection::refuse(HttpFailure failure) {
  server_.malformed_total.fetch_add(1, std::memory_order_relaxed);
  const HttpReply reply = error_reply(failure.status, failure.reason);
  start_write(reply, false);
  linger_ = co_await flush();
  co_return false;
}

void Connection::start_write(const HttpReply& reply, bool keep_alive) {
  write_head(head_, reply,
             {.date = thread_.date.now(),
              .http_1_0 = parser_.head().http_1_0(),
              .keep_alive = keep_alive});
  outgoing_.start(head_, has_no_body(reply, parser_.request()) ? std::span<const Bytes>{}
                                                               : std::span(reply.body));
}

bool Connection::write_now() {
  boost::system::error_code error;
  while (!outgoing_.done() && !error) {
    outgoing_.advance(socket_.write_some(outgoing_.window(), error));
  }
  return !error || error == asio::error::would_block;
}

awaitable<bool> Connection::flush() {
  while (true) {
    if (!write_now()) {
      co_return false;
    }
    if (outgoing_.done()) {
      co_return true;
    }
    enter(Phase::writing);
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, kAwait);
    if (error || cut_) {
      co_return false;
    }
  }
}

// Closing a socket with unread bytes resets it, and the reset may overtake the reply. So
// the client is told that nothing more comes, and is read from until it closes too.
awaitable<void> Connection::linger() {
  boost::system::error_code failed;
  socket_.shutdown(tcp::socket::shutdown_send, failed);
  if (failed) {
    co_return;
  }
  enter(Phase::lingering);
  std::array<char, 2048> dropped;
  for (std::size_t bytes = 0; bytes < kLingerBytesMax;) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(dropped), kAwait);
    if (error || cut_) {
      co_return;
    }
    bytes += count;
  }
}

void Connection::enter(Phase phase) noexcept {
  phase_ = phase;
  timed_out_ = false;
  deadline_ = thread_.now + thread_.patience[static_cast<std::size_t>(phase)];
}

void Connection::expire() {
  timed_out_ = true;
  boost::system::error_code ignored;
  if (phase_ == Phase::head || phase_ == Phase::body) {
    socket_.cancel(ignored);
  } else {
    cut();
  }
}

void Connection::cut() {
  if (cut_) {
    return;
  }
  cut_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (phase_ == Phase::handling) {
    signal_.emit(asio::cancellation_type::terminal);
  }
}

}  // namespace larder::gateway

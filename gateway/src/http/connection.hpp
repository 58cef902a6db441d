// Connection: one client's socket, from accept to close, as one coroutine.
//
// The fast path is: receive, parse, await a handler that does not suspend, one gathering
// write. It sets no timer and reads no clock: the worker's sweeper compares deadlines that
// were computed from the time of its last round.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <larder/clock.hpp>
#include <larder/gateway/http.hpp>

#include "http/outgoing.hpp"
#include "http/reply_head.hpp"
#include "http/request_parser.hpp"
#include "http/server_state.hpp"

namespace larder::gateway {

// What a connection waits for; each has its own time-out.
enum class Phase : std::uint8_t { idle, head, body, handling, writing, lingering };
inline constexpr std::size_t kPhases = 6;

// What a connection needs to know of its thread.
struct ThreadState {
  SteadyTime now{};                                      // as of the sweeper's last round
  std::array<SteadyTime::duration, kPhases> patience{};  // how long a phase may last
  DateText date;
  bool stopping = false;
};

class Connection {
 public:
  // Both states outlive it.
  Connection(ServerState& server, ThreadState& thread, boost::asio::ip::tcp::socket socket);

  // Serves requests until either side ends it. Run it with the slot of signal().
  [[nodiscard]] awaitable<void> run();

  // ---- for the worker, between two steps of run() ----

  [[nodiscard]] boost::asio::cancellation_signal& signal() noexcept { return signal_; }
  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] int descriptor() noexcept { return socket_.native_handle(); }
  // Whether the phase has lasted as long as it may.
  [[nodiscard]] bool overdue() const noexcept { return thread_.now >= deadline_; }
  // Ends what is overdue: an unfinished request is answered 408, the rest is closed.
  void expire();
  // The client has gone: cancels the handler, if one is running, and closes.
  void cut();

  std::size_t place = 0;  // in the worker's list; the worker's own

 private:
  awaitable<bool> receive();
  awaitable<bool> exchange();
  awaitable<bool> refuse(HttpFailure failure);
  awaitable<HttpReply> handle(const HttpRequest& request);
  awaitable<bool> flush();
  awaitable<void> linger();

  void enter(Phase phase) noexcept;
  void start_write(const HttpReply& reply, bool keep_alive);
  // Writes what the socket takes at once; false when the connection is broken.
  bool write_now();

  ServerState& server_;
  ThreadState& thread_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::cancellation_signal signal_;
  RequestParser parser_;
  Outgoing outgoing_;
  std::string head_;
  std::string peer_;
  SteadyTime deadline_;
  Phase phase_ = Phase::idle;
  bool timed_out_ = false;
  bool cut_ = false;        // closed from outside: nothing may be awaited any more
  bool continued_ = false;  // "100 Continue" was sent for this request
  bool linger_ = false;     // the client may still be sending: see linger()
  unsigned turn_ = 0;       // requests served without giving others a turn
};

}  // namespace larder::gateway

// TcpGate: a loopback proxy in front of a real server that a test can turn into a bad network.
//
//   TcpGate gate(server_port);              // clients connect to gate.port()
//   gate.set({.delay = milliseconds(50)});  // slow from now on
//   gate.cut(Cut::reset);                   // every connection breaks
//   gate.set({.mode = GateMode::black_hole});
//
// It knows nothing of the protocol that passes through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <larder/clock.hpp>

namespace larder::testkit {

enum class GateMode : std::uint8_t {
  pass,
  black_hole,  // connections are accepted and stay, nothing passes; kept until they may pass
  refuse,      // a new connection is reset at once; those that are there go on passing
};

// The way the connections end.
enum class Cut : std::uint8_t {
  finish,  // FIN: the other side sees the end of the stream
  reset,   // RST: the other side sees an error
};

struct GateOptions {
  GateMode mode = GateMode::pass;
  // In real time, in both directions: each run of bytes is so late. 0 to 1 min.
  milliseconds delay{0};
  // Above 0: no more than so many bytes pass at once, one run every `tick`.
  std::size_t trickle_bytes = 0;
  milliseconds tick{1};  // 1 ms to 1 min
};

// Since the gate was opened. Bytes count when they have been handed on.
struct GateCounts {
  std::uint64_t connections = 0;  // accepted
  std::uint64_t open = 0;         // now
  std::uint64_t refused = 0;
  std::uint64_t bytes_to_server = 0;
  std::uint64_t bytes_to_client = 0;
};

// Listens on 127.0.0.1 and forwards to 127.0.0.1:server_port, on a thread of its own from
// construction to destruction, which breaks every connection. Where the server cannot be
// reached the client's connection is reset. Any thread may call. Throws
// boost::system::system_error where it cannot listen, since no test can go on then.
class TcpGate {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{16} << 10;  // of each direction
  static constexpr std::size_t kConnectionsMax = 1000;                // more are reset

  explicit TcpGate(std::uint16_t server_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  // In force for every byte that is read after it returns.
  void set(GateOptions options);
  // Ends every connection there is; returns when they have ended. New ones are welcome.
  void cut(Cut how);
  [[nodiscard]] GateCounts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::testkit

// Upstream: one MCP server behind the gateway, over Streamable HTTP or stdio, of either era.
//
// It connects by itself and again after a failure (full-jitter backoff), finds out the
// era (modern is probed first), keeps the session of a legacy server, and reports the
// server's notifications. It lives on one io thread; every member function may be called
// from any thread and resumes on the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <larder/bytes.hpp>
#include <larder/error.hpp>
#include <larder/log.hpp>
#include <larder/mcp/era.hpp>
#include <larder/mcp/headers.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/rpc.hpp>
#include <larder/runtime/runtime.hpp>
#include <larder/secret.hpp>

namespace larder::gateway {

struct HttpUpstreamOptions {
  std::string url;                                        // http:// or https://
  std::vector<std::pair<std::string, Secret>> headers{};  // sent with every request
  std::size_t connections_max = 64;
};

struct StdioUpstreamOptions {
  std::string command;  // found on PATH
  std::vector<std::string> args{};
  std::vector<std::pair<std::string, Secret>> env{};  // added to a small safe environment
  std::string cwd{};                                  // empty = the gateway's
};

struct UpstreamLimits {
  milliseconds connect_timeout{5'000};     // TCP, TLS, or the start of a process
  milliseconds handshake_timeout{10'000};  // probe and initialize, each
  milliseconds call_timeout{30'000};       // default deadline of a call
  std::size_t answer_bytes_max = 16U << 20;
  std::size_t calls_max = 256;  // at once; over: Errc::overloaded
  milliseconds backoff_min{200};
  milliseconds backoff_max{30'000};
};

struct UpstreamOptions {
  std::string name;  // the key in mcpServers
  std::variant<HttpUpstreamOptions, StdioUpstreamOptions> transport;
  UpstreamLimits limits{};
};

// What the server said of itself when we connected.
struct ServerFacts {
  mcp::Era era = mcp::Era::modern;
  std::string version;            // negotiated protocol revision
  std::string capabilities_json;  // "{}" at least
  std::string server_info_json;   // "{}" at least
  std::string instructions;       // may be empty
};

struct UpstreamCall {
  std::string method;
  mcp::Outgoing request;      // id, era and version are set by the upstream
  mcp::RequestFacts facts{};  // for headers to modern servers
  std::vector<mcp::HeaderParam> params{};
  Deadline deadline;
};

// Either the result object's or the error object's text.
struct UpstreamReply {
  bool is_error = false;
  std::string json;
  // A legacy server sent us a request (elicitation, sampling, roots) while it ran: its
  // result depends on more than the call and must not be cached.
  bool interacted = false;
};

// A message that is no answer: list_changed, resources/updated, ... `lost` instead when
// the stream of notifications had broken and the server can be asked again: anything may
// have been missed meanwhile.
struct UpstreamNotice {
  bool lost = false;
  std::string method{};
  std::string params_json{};
};

enum class UpstreamState : std::uint8_t { connecting, ready, failed, closed };

struct UpstreamStatus {
  UpstreamState state = UpstreamState::connecting;
  std::optional<ServerFacts> facts{};
  std::string last_error{};    // empty when there was none; no secrets
  std::uint64_t calls = 0;     // sent
  std::uint64_t failures = 0;  // ended in an Error
  std::uint64_t reconnects = 0;
  std::uint64_t ignored = 0;  // messages that fit nothing: unknown ids, lines that are no JSON
};

class Upstream {
 public:
  using NoticeHandler = std::function<awaitable<void>(const UpstreamNotice&)>;

  // Starts connecting in the background on `executor`. `on_notice` is awaited on that
  // executor, one notice at a time, in order.
  [[nodiscard]] static std::unique_ptr<Upstream> start(Runtime& runtime,
                                                       boost::asio::any_io_executor executor,
                                                       UpstreamOptions options,
                                                       NoticeHandler on_notice, Clock& clock,
                                                       LogSink& log);
  ~Upstream();  // close() must have completed

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] UpstreamStatus status() const;

  // Waits until it is ready, or fails with why it is not: at once when it is known to be
  // failing, else by the deadline.
  [[nodiscard]] awaitable<Result<ServerFacts>> facts(Deadline deadline);

  // Sends the request and answers the server's reply. An Error means no reply: unavailable
  // (advice `later` when it was not sent, `unknown_outcome` when it was), timeout,
  // overloaded, protocol_error. Never sends a request twice once it may have arrived,
  // except after the server said it did not process it (401 excluded: that is an error).
  // Cancelling tells the server (notifications/cancelled, or the closed stream).
  [[nodiscard]] awaitable<Result<UpstreamReply>> call(UpstreamCall call);

  // Ends the session (legacy DELETE), closes connections, ends the child process (stdin
  // closed, then SIGTERM, then SIGKILL, a second each) and joins.
  [[nodiscard]] awaitable<void> close();

 private:
  class Impl;
  explicit Upstream(std::shared_ptr<Impl> impl) noexcept;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larder::gateway

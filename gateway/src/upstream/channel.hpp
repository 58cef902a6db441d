// Channel: how JSON-RPC messages reach one server and come back. The rest of the upstream
// does not know whether it is HTTP or a child process.
//
// Everything here lives on one io thread. Every operation ends when its coroutine is
// cancelled; deadlines are the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/mcp/headers.hpp>
#include <larder/mcp/rpc.hpp>

#include "upstream/handshake_machine.hpp"

namespace larder::gateway {

// What others see of a request while it runs, and what remains of it after a cancellation.
struct Ticket {
  std::string id_json;
  bool sent = false;        // its first byte was written: the server may have executed it
  bool interacted = false;  // the server asked us something meanwhile
  bool abandoned = false;   // nobody waits any more: not to be written if it still waits
};

enum class AnswerKind : std::uint8_t {
  answer,  // one answer, bounded in size
  stream,  // notifications until either side ends it; each bounded, not their sum
};

struct Exchange {
  std::string body;                    // one JSON-RPC message
  std::vector<mcp::Header> headers{};  // for HTTP, on top of the configured ones
  AnswerKind kind = AnswerKind::answer;
};

struct ChannelReply {
  unsigned status = 200;                   // of the HTTP response; 200 on stdio
  std::optional<mcp::Message> response{};  // with the id of the request
  std::string error_json{};                // else an error without our id, as HTTP bodies have
  std::string session_id{};                // Mcp-Session-Id of the HTTP response
};

// Where a legacy GET stream is, so that it can go on after a break.
struct StreamCursor {
  std::string last_id{};                // of the last event that had one
  std::optional<milliseconds> retry{};  // the server's wish
};

// Takes what is no answer. Called on the io thread; must not block.
class Inbox {
 public:
  virtual ~Inbox() = default;
  // A notification or a request by the server. `ticket` is the request on whose stream it
  // came; null when the transport cannot tell.
  virtual void on_message(const mcp::Message& message, Ticket* ticket) = 0;
  // Something that fits nothing: an unknown id, a line that is no message.
  virtual void on_ignored() = 0;
};

class Channel {
 public:
  virtual ~Channel() = default;

  [[nodiscard]] virtual Transport transport() const noexcept = 0;

  // Serves the channel until it breaks, and says why. Awaited once, beside the requests.
  [[nodiscard]] virtual awaitable<Error> run() = 0;

  // The ticket says afterwards whether the request was sent.
  [[nodiscard]] virtual awaitable<Result<ChannelReply>> request(Exchange exchange,
                                                                std::shared_ptr<Ticket> ticket) = 0;

  // For notifications and responses by us. Answers the HTTP status, 202 on stdio.
  [[nodiscard]] virtual awaitable<Result<unsigned>> send(Exchange exchange) = 0;

  // The legacy GET stream: calls `on_open` once it is there, ends when it ends. Answers
  // the HTTP status; 405 where there is no such stream.
  [[nodiscard]] virtual awaitable<Result<unsigned>> listen(std::vector<mcp::Header> headers,
                                                           StreamCursor& cursor,
                                                           std::function<void()> on_open) = 0;

  // Ends the legacy session, with DELETE on HTTP.
  [[nodiscard]] virtual awaitable<void> end_session(std::vector<mcp::Header> headers) = 0;

  // Fails what still runs with Errc::closed and lets go of sockets and processes.
  [[nodiscard]] virtual awaitable<void> close() = 0;
};

// No answer came: `later` when the request was not sent, else `unknown_outcome`.
[[nodiscard]] inline Error no_answer(Errc code, const Ticket& ticket, std::string context) {
  const Advice advice = ticket.sent ? Advice::unknown_outcome : Advice::later;
  return Error(code, advice, std::move(context));
}

}  // namespace larder::gateway

// Pipeline: the machine of one connection. It multiplexes the commands of many callers over
// one stream, and says exactly what became of each.
//
// No sockets, no clock, no threads of its own: whoever owns it performs the reads and writes
// it asks for and tells it what happened and when. It outlives its transports: connected()
// and disconnected() alternate for as long as it lives.
//
//   loop of the reader:  read into receive_room(); received(n, now); take all of next()
//   loop of the writer:  write(to_write(now)); written(n, now)   while it is not empty
//   a timer:             tick(now) at next_tick(); take all of next()
//
// What has arrived is received before tick(): else a process that was held up would take its
// server for silent.
//
// Reader and writer do not wait for one another, so a server that answers before it has
// read all cannot block both sides.
//
// What it promises:
//
// * Commands are written in the order of their submission and answered in that order; each
//   reply reaches the command it belongs to or nobody. A command that was cancelled or
//   timed out after it was sent keeps its place and swallows its late reply.
// * A frame that fits nothing ends the connection (Hangup), and so does a server that is
//   silent while it owes replies, or does not answer a ping.
// * No command is sent twice, but for a script that the server does not have (NOSCRIPT: it
//   was not executed), which is sent again with its source before anything not yet sent.
// * Before anything else each new connection is told its Session; callers' commands wait
//   until the server has agreed to all of it.
// * The queue is bounded: PipelineLimits. What is refused says so at once.
//
// One thread. Nothing it does calls back: events wait in next(), so whoever handles one may
// submit, cancel, or destroy the Pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/redis/command.hpp>
#include <larder/redis/resp_parser.hpp>
#include <larder/redis/script.hpp>
#include <larder/redis/session.hpp>
#include <larder/redis/value.hpp>

namespace larder::redis {

struct PipelineLimits {
  static constexpr std::size_t kCommandsMax = 16'384;
  static constexpr std::size_t kBytesMax = 64 << 20;
  static constexpr milliseconds kWaitMax{1000};
  static constexpr milliseconds kPingAfter{2000};
  static constexpr milliseconds kSilenceMax{4000};
  static constexpr milliseconds kSessionMax{2000};

  // Commands waiting and unanswered, each counted with its weight; above zero.
  std::size_t commands_max = kCommandsMax;
  // Their bytes as sent; a single command above it is too_large. Above zero.
  std::size_t bytes_max = kBytesMax;
  // How long a command may wait to be sent, whatever its deadline. Zero = as long as its
  // deadline while connected, and not at all otherwise.
  milliseconds wait_max = kWaitMax;
  // A connection that received nothing for so long, and owes nothing, is pinged. Zero = never.
  milliseconds ping_after = kPingAfter;
  // A connection that owes replies and received nothing for so long is dead. Zero = never,
  // for connections that carry blocking commands.
  milliseconds silence_max = kSilenceMax;
  // From connected() until the server has agreed to the session. Above zero.
  milliseconds session_max = kSessionMax;

  RespLimits resp{};
};

// Names a submitted command until it has been answered, failed or cancelled.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t turn = 0;

  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// How a command is to be treated.
struct Submission {
  Deadline deadline = Deadline::max();
  Repeat repeat = Repeat::never;
  // How many of commands_max it counts as: a batch of 100 keys counts 100. Taken as at least
  // 1 and at most commands_max.
  std::uint32_t weight = 1;
  Asked asked = Asked::no;
  // Handed back with what becomes of it, unlooked at.
  void* user = nullptr;
};

// A command got its reply, which may be an error (server_error.hpp). `reply` is valid until
// the next call of next(), receive_room() or disconnected(). SUBSCRIBE and its like are
// answered when their pushes have come, by the text of the PING that was sent behind them.
struct Answered {
  Ticket ticket;
  void* user = nullptr;
  Value reply;
};

// A command got none. The error's advice says what the fate implies for the caller.
struct Failed {
  Ticket ticket;
  void* user = nullptr;
  Error error;
  Fate fate = Fate::unknown;
};

// A message out of band: invalidations, messages of channels, confirmations.
struct Pushed {
  Value message;
};

// The server has agreed to the session: callers' commands flow. Whatever was pushed between
// the loss of the last connection and now is lost.
struct SessionReady {};

// Close the transport and say disconnected(). access_denied, unsupported and
// invalid_argument mean that connecting again without a change cannot help.
struct Hangup {
  Error error;
};

using PipelineEvent = std::variant<Answered, Failed, Pushed, SessionReady, Hangup>;

// What happens to commands that were never sent when a connection is lost.
enum class Waiting : std::uint8_t {
  keep,  // they wait for the next connection, at most wait_max
  fail,  // they fail as unsent at once, to be sent elsewhere
};

class Pipeline {
 public:
  static constexpr std::size_t kBatchBytesMax = 256 * 1024;  // of one write, large values apart
  // What one gathering write takes. A command of more large values goes alone.
  static constexpr std::size_t kBatchPiecesMax = 64;
  // Deadlines are looked at no more often than this, so they may be late by as much.
  static constexpr milliseconds kTickGrain{1};
  static constexpr std::string_view kVersionMin = "6.2";

  explicit Pipeline(PipelineLimits limits = {});
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;

  // ---- commands ----

  // Takes a command; the arguments are copied, but for a large Bytes, which is shared.
  // Refused at once, with nothing done: timeout (the deadline is past), overloaded (a bound
  // is met), too_large, unavailable (no connection and wait_max is zero), closed, and
  // invalid_argument for commands that do not fit a shared connection, because they change
  // what others' commands mean or what replies there are: HELLO, SELECT, MULTI, MONITOR and
  // their like. Nor may a command block; only a connection without silence_max carries those.
  [[nodiscard]] Result<Ticket> submit(std::span<const Arg> arguments, const Submission& how,
                                      SteadyTime now);
  [[nodiscard]] Result<Ticket> submit(std::initializer_list<Arg> arguments, const Submission& how,
                                      SteadyTime now) {
    return submit(std::span(arguments.begin(), arguments.size()), how, now);
  }
  // The same for a script: `arguments` are the number of keys, the keys and the rest. The
  // first call on each connection carries the source. The script outlives the command.
  [[nodiscard]] Result<Ticket> submit(const Script& script, std::span<const Arg> arguments,
                                      const Submission& how, SteadyTime now);
  [[nodiscard]] Result<Ticket> submit(const Script& script, std::initializer_list<Arg> arguments,
                                      const Submission& how, SteadyTime now) {
    return submit(script, std::span(arguments.begin(), arguments.size()), how, now);
  }

  // The caller no longer waits: no event of this command will come. Answers what has become
  // of it; nullopt if it had already ended (its event may be waiting in next(), and will not
  // come either).
  std::optional<Fate> cancel(Ticket ticket) noexcept;

  // ---- the transport ----

  // A transport is there (and its TLS handshake done). Ends what receive_room() and
  // to_write() of the last one gave; until then both stay where they are.
  void connected(const Session& session, SteadyTime now);
  // It broke; `cause` is what callers are told. Nothing happens if there was none.
  void disconnected(const Error& cause, Waiting waiting);
  // Ends all commands with Errc::closed, now and later.
  void close();

  // Where to read into; never empty.
  [[nodiscard]] std::span<char> receive_room();
  void received(std::size_t bytes, SteadyTime now);

  // What to write next, as pieces of one gathering write; empty when there is nothing. The
  // same pieces until written() moves on; their bytes stay until then. What has been handed
  // out counts as sent.
  [[nodiscard]] std::span<const std::string_view> to_write(SteadyTime now);
  // So many bytes of them have been written.
  void written(std::size_t bytes, SteadyTime now);

  // ---- time ----

  // When tick() has something to do; SteadyTime::max() = never. Submitting may bring it nearer.
  [[nodiscard]] SteadyTime next_tick() const noexcept;
  void tick(SteadyTime now);

  // ---- what happened ----

  // The next event; nullopt when all are taken. Take all after each received(), tick(),
  // disconnected() and close().
  [[nodiscard]] std::optional<PipelineEvent> next();

  // ---- gauges ----

  [[nodiscard]] bool is_ready() const noexcept;             // the session is agreed
  [[nodiscard]] const ServerHello& hello() const noexcept;  // of the last session agreed
  [[nodiscard]] std::size_t waiting() const noexcept;       // commands not handed out yet
  [[nodiscard]] std::size_t unanswered() const noexcept;    // sent, abandoned ones included
  [[nodiscard]] std::size_t bytes() const noexcept;         // what counts against bytes_max

 private:
  class Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::redis

// The state of a Pipeline, and what its functions are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <larder/redis/pipeline.hpp>

#include "command_table.hpp"
#include "handshake.hpp"
#include "write_batch.hpp"

namespace larder::redis {

class Pipeline::Impl {
 public:
  explicit Impl(PipelineLimits limits);

  // pipeline_commands.cpp
  [[nodiscard]] Result<Ticket> submit(const Script* script, std::span<const Arg> arguments,
                                      const Submission& how, SteadyTime now);
  std::optional<Fate> cancel(Ticket ticket) noexcept;

  // pipeline_transport.cpp
  void connected(const Session& session, SteadyTime now);
  void disconnected(const Error& cause, Waiting waiting);
  void close();
  [[nodiscard]] std::span<char> receive_room() { return parser_.room(); }
  void received(std::size_t bytes, SteadyTime now);
  [[nodiscard]] std::span<const std::string_view> to_write(SteadyTime now);
  void written(std::size_t bytes, SteadyTime now);

  // pipeline_replies.cpp
  [[nodiscard]] std::optional<PipelineEvent> next();

  // pipeline_time.cpp
  [[nodiscard]] SteadyTime next_tick() const noexcept;
  void tick(SteadyTime now);

  [[nodiscard]] bool is_ready() const noexcept { return phase_ == Phase::ready; }
  [[nodiscard]] const ServerHello& hello() const noexcept { return handshake_.hello(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return again_.size() + waiting_.size(); }
  [[nodiscard]] std::size_t unanswered() const noexcept { return sent_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  enum class Phase : std::uint8_t {
    down,     // no transport
    session,  // the server is being told the session
    ready,    // callers' commands flow
    hung_up,  // a transport that is no longer listened to
    closed,
  };

  [[nodiscard]] bool is_listening() const noexcept {
    return phase_ == Phase::session || phase_ == Phase::ready;
  }

  // pipeline_commands.cpp
  [[nodiscard]] Result<void> admit(std::size_t size, std::uint32_t weight, const Submission& how,
                                   SteadyTime now) const;
  [[nodiscard]] SteadyTime send_before(SteadyTime deadline, SteadyTime now) const noexcept;
  void encode(Command& command, std::span<const Arg> arguments);
  [[nodiscard]] CommandList& list_of(const Command& command) noexcept;
  [[nodiscard]] static Fate fate_of(const Command& command) noexcept;

  // Takes a command out of its list and frees its slot.
  void finish(std::uint32_t index) noexcept;
  // For one that is in no list any more: its Failed waits to be taken.
  void end(std::uint32_t index, const Error& error, Fate fate);
  // Leaves something in the place of a sent command that swallows its reply.
  void leave_swallower(std::uint32_t index);

  // pipeline_transport.cpp
  void add_internal(Command::Purpose purpose, std::span<const Arg> arguments);
  [[nodiscard]] bool has_room_for(const Command& command) const noexcept;
  void end_all(CommandList& list, const Error& cause);
  void hand_out(CommandList& list, SteadyTime now);
  void append_to_batch(Command& command);
  void hang_up(Error error);

  // pipeline_replies.cpp
  [[nodiscard]] PipelineEvent take_ended();
  [[nodiscard]] std::optional<PipelineEvent> take(const Value& reply);
  void take_unasked(const Value& reply);
  [[nodiscard]] std::optional<PipelineEvent> take_fence(std::uint32_t index, const Value& reply);
  [[nodiscard]] std::optional<PipelineEvent> answer(std::uint32_t index, const Value& reply);
  [[nodiscard]] std::optional<PipelineEvent> session_step(const Value& reply);
  void send_again(std::uint32_t index);

  // pipeline_time.cpp
  void expire(SteadyTime now);
  void expire(CommandList& list, SteadyTime now);
  [[nodiscard]] const Error& why_expired(const Command& command, SteadyTime now) const noexcept;
  [[nodiscard]] SteadyTime silence_ends() const noexcept;
  [[nodiscard]] SteadyTime ping_due() const noexcept;

  PipelineLimits limits_;
  Phase phase_ = Phase::down;
  RespParser parser_;
  WriteBatch batch_;
  Handshake handshake_;
  std::optional<Error> hangup_;  // to be said by next()

  CommandTable commands_;
  CommandList urgent_{commands_};   // ours: the session and pings
  CommandList again_{commands_};    // scripts that the server did not have
  CommandList waiting_{commands_};  // callers'
  CommandList sent_{commands_};     // handed out, in the order of the replies to come
  CommandList ended_{commands_};
  std::size_t weight_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t fences_ = 0;
  std::vector<const Script*> known_scripts_;  // of this connection

  SteadyTime connected_;
  SteadyTime heard_;                         // when something was received last
  SteadyTime owing_;                         // since when the server owes something
  SteadyTime earliest_ = SteadyTime::max();  // no deadline is before it
  SteadyTime looked_ = SteadyTime::min();    // when deadlines were looked at last
  bool owes_batch_only_ = false;             // nothing from before the present batch
  bool is_pinging_ = false;

  const Error late_{Errc::timeout, "command: no answer before its deadline"};
  const Error late_unknown_{Errc::timeout, Advice::unknown_outcome, late_.context()};
  const Error unsent_{Errc::overloaded, "command: not sent within wait_max"};
  const Error unconnected_{Errc::unavailable, "command: no connection within wait_max"};
};

}  // namespace larder::redis

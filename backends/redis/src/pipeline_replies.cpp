#include <charconv>
#include <string>
#include <utility>

#include <larder/redis/server_error.hpp>

#include "encode.hpp"
#include "pipeline_impl.hpp"

namespace larder::redis {
namespace {

bool says(const Value& reply, std::string_view text) {
  const auto said = reply.as_optional_text();
  return said && *said == text;
}

}  // namespace

std::optional<PipelineEvent> Pipeline::Impl::next() {
  while (true) {
    if (!ended_.empty()) {
      return take_ended();
    }
    if (hangup_) {
      return Hangup{*std::exchange(hangup_, std::nullopt)};
    }
    if (!is_listening()) {
      return std::nullopt;
    }
    const auto frame = parser_.next();
    if (!frame) {
      hang_up(frame.error());
    } else if (!*frame) {
      return std::nullopt;
    } else if (auto event = take(**frame)) {
      return event;
    }
  }
}

PipelineEvent Pipeline::Impl::take_ended() {
  const std::uint32_t index = ended_.front();
  Command& command = commands_[index];
  Failed failed{.ticket = {.slot = index, .turn = command.turn},
                .user = command.user,
                .error = *std::move(command.error),
                .fate = command.fate};
  finish(index);
  return failed;
}

std::optional<PipelineEvent> Pipeline::Impl::take(const Value& reply) {
  if (reply.kind() == Kind::push) {
    return Pushed{reply};
  }
  if (sent_.empty()) {
    take_unasked(reply);
    return std::nullopt;
  }
  const std::uint32_t index = sent_.front();
  Command& command = commands_[index];
  if (std::exchange(command.awaits_asking, false)) {
    return std::nullopt;
  }
  return command.fence != 0 ? take_fence(index, reply) : answer(index, reply);
}

// A server that will not talk to us says why before it is asked anything.
void Pipeline::Impl::take_unasked(const Value& reply) {
  if (phase_ == Phase::session && reply.is_error()) {
    hang_up(to_error(reply.text()));
  } else {
    hang_up(Error(Errc::protocol_error, "server: a reply that no command asked for"));
  }
}

// Two replies may come: the error of the command, if it met one, and that of its PING.
std::optional<PipelineEvent> Pipeline::Impl::take_fence(std::uint32_t index, const Value& reply) {
  Command& command = commands_[index];
  if (says(reply, fence_text(command.fence))) {
    if (command.has_met_error) {
      finish(index);
      return std::nullopt;
    }
    return answer(index, reply);
  }
  if (!reply.is_error() || command.has_met_error) {
    hang_up(Error(Errc::protocol_error, "server: a reply in the place of a PING's"));
    return std::nullopt;
  }
  command.has_met_error = true;
  if (command.purpose == Command::Purpose::session) {
    return session_step(reply);
  }
  if (command.purpose == Command::Purpose::abandoned) {
    return std::nullopt;
  }
  const Answered answered{
      .ticket = {.slot = index, .turn = command.turn}, .user = command.user, .reply = reply};
  command.purpose = Command::Purpose::abandoned;
  ++command.turn;
  return answered;
}

std::optional<PipelineEvent> Pipeline::Impl::answer(std::uint32_t index, const Value& reply) {
  const Command& command = commands_[index];
  const auto purpose = command.purpose;
  const Answered answered{
      .ticket = {.slot = index, .turn = command.turn}, .user = command.user, .reply = reply};
  if (purpose == Command::Purpose::caller && command.script != nullptr && !command.carries_source &&
      reply.is_error() && classify(reply.text()) == ServerError::no_script) {
    send_again(index);
    return std::nullopt;
  }
  finish(index);
  switch (purpose) {
    case Command::Purpose::caller:
      return answered;
    case Command::Purpose::session:
      return session_step(reply);
    case Command::Purpose::ping:
      is_pinging_ = false;
      if (!reply.is_error() && !says(reply, "PONG")) {
        hang_up(Error(Errc::protocol_error, "server: no answer to a PING but another reply"));
      }
      return std::nullopt;
    case Command::Purpose::abandoned:
      return std::nullopt;
  }
  std::unreachable();
}

std::optional<PipelineEvent> Pipeline::Impl::session_step(const Value& reply) {
  if (auto good = handshake_.answered(reply); !good) {
    hang_up(good.error());
    return std::nullopt;
  }
  if (!handshake_.is_done()) {
    return std::nullopt;
  }
  phase_ = Phase::ready;
  return SessionReady{};
}

void Pipeline::Impl::send_again(std::uint32_t index) {
  Command& command = commands_[index];
  sent_.remove(index);
  command.state = Command::State::waiting;
  command.carries_source = true;
  command.send_before = send_before(command.deadline, heard_);
  again_.push_back(index);
  earliest_ = std::min(earliest_, command.send_before);
}

}  // namespace larder::redis

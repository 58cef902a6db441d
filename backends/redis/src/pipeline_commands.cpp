#include <algorithm>
#include <string>

#include "encode.hpp"
#include "pipeline_impl.hpp"
#include "verb_use.hpp"

namespace larder::redis {
namespace {

// Of the length and the line ends around an argument; a little more than most take.
constexpr std::size_t kAroundArgument = 16;

std::size_t sent_size(const Script* script, std::span<const Arg> arguments) noexcept {
  std::size_t size = kAroundArgument + (script != nullptr ? script->by_digest().size() : 0);
  for (const Arg& argument : arguments) {
    size += argument.text().size() + kAroundArgument;
  }
  return size;
}

std::size_t copied_size(std::span<const Arg> arguments) noexcept {
  std::size_t size = kAroundArgument;
  for (const Arg& argument : arguments) {
    size += (argument.shared() == nullptr ? argument.text().size() : 0) + kAroundArgument;
  }
  return size;
}

VerbUse use_of(const Script* script, std::span<const Arg> arguments) noexcept {
  if (script != nullptr) {
    return VerbUse::one_reply;
  }
  return arguments.empty() ? VerbUse::unfit : verb_use(arguments);
}

}  // namespace

Pipeline::Impl::Impl(PipelineLimits limits) : limits_(limits), parser_(limits.resp) {}

Result<Ticket> Pipeline::Impl::submit(const Script* script, std::span<const Arg> arguments,
                                      const Submission& how, SteadyTime now) {
  const VerbUse use = use_of(script, arguments);
  if (use == VerbUse::unfit) {
    return fail(Errc::invalid_argument,
                "command: " + std::string(arguments.empty() ? "" : arguments.front().text()) +
                    " does not fit a connection that is shared");
  }
  const std::size_t size = sent_size(script, arguments);
  const auto weight = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(how.weight, 1, std::max<std::size_t>(limits_.commands_max, 1)));
  if (auto admitted = admit(size, weight, how, now); !admitted) {
    return std::unexpected(admitted.error());
  }
  const std::uint32_t index = commands_.take();
  Command& command = commands_[index];
  command.script = script;
  command.asked = how.asked;
  command.fence = use == VerbUse::pushes ? ++fences_ : 0;
  encode(command, arguments);
  command.size = size;
  command.weight = weight;
  command.user = how.user;
  command.repeat = how.repeat;
  command.deadline = how.deadline;
  command.send_before = send_before(how.deadline, now);
  command.state = Command::State::waiting;
  waiting_.push_back(index);
  bytes_ += size;
  weight_ += weight;
  earliest_ = std::min(earliest_, command.send_before);
  return Ticket{.slot = index, .turn = command.turn};
}

Result<void> Pipeline::Impl::admit(std::size_t size, std::uint32_t weight, const Submission& how,
                                   SteadyTime now) const {
  if (phase_ == Phase::closed) {
    return fail(Errc::closed, "connection: closed");
  }
  if (how.deadline <= now) {
    return fail(Errc::timeout, "command: its deadline has passed");
  }
  if (size > limits_.bytes_max) {
    return fail(Errc::too_large, "command: " + std::to_string(size) +
                                     " bytes are more than bytes_max, " +
                                     std::to_string(limits_.bytes_max));
  }
  if (limits_.wait_max == milliseconds::zero() && !is_listening()) {
    return fail(Errc::unavailable, "connection: none");
  }
  if (weight_ + weight > limits_.commands_max) {
    return fail(Errc::overloaded,
                "connection: commands_max, " + std::to_string(limits_.commands_max) + ", is met");
  }
  if (bytes_ + size > limits_.bytes_max) {
    return fail(Errc::overloaded,
                "connection: bytes_max, " + std::to_string(limits_.bytes_max) + ", is met");
  }
  return {};
}

SteadyTime Pipeline::Impl::send_before(SteadyTime deadline, SteadyTime now) const noexcept {
  return limits_.wait_max == milliseconds::zero() ? deadline
                                                  : std::min(deadline, now + limits_.wait_max);
}

void Pipeline::Impl::encode(Command& command, std::span<const Arg> arguments) {
  std::string& bytes = command.bytes;
  bytes.reserve(copied_size(arguments));
  if (command.asked == Asked::yes) {
    append_header(bytes, '*', 1);
    append_text(bytes, "ASKING");
  }
  append_header(bytes, '*', arguments.size() + (command.script != nullptr ? 2 : 0));
  command.script_at = bytes.size();
  for (const Arg& argument : arguments) {
    if (argument.shared() == nullptr) {
      argument.append_to(bytes);
      continue;
    }
    append_header(bytes, '$', argument.text().size());
    command.shared.push_back({.before = bytes.size(), .bytes = *argument.shared()});
    bytes.append(kLineEnd);
  }
  if (command.fence != 0) {
    append_header(bytes, '*', 2);
    append_text(bytes, "PING");
    append_text(bytes, fence_text(command.fence));
  }
}

std::optional<Fate> Pipeline::Impl::cancel(Ticket ticket) noexcept {
  const std::uint32_t index = commands_.find(ticket);
  if (index == CommandTable::kNone) {
    return std::nullopt;
  }
  Command& command = commands_[index];
  const Fate fate = fate_of(command);
  const bool has_ended = command.state == Command::State::ended;
  if (command.state == Command::State::sent) {
    command.purpose = Command::Purpose::abandoned;
    ++command.turn;
  } else {
    finish(index);
  }
  return has_ended ? std::nullopt : std::optional(fate);
}

CommandList& Pipeline::Impl::list_of(const Command& command) noexcept {
  switch (command.state) {
    case Command::State::sent:
      return sent_;
    case Command::State::ended:
      return ended_;
    default:
      break;
  }
  if (command.carries_source) {
    return again_;
  }
  return command.purpose == Command::Purpose::caller ? waiting_ : urgent_;
}

Fate Pipeline::Impl::fate_of(const Command& command) noexcept {
  if (command.state != Command::State::sent) {
    return Fate::unsent;
  }
  return command.repeat == Repeat::never ? Fate::unknown : Fate::repeatable;
}

void Pipeline::Impl::finish(std::uint32_t index) noexcept {
  Command& command = commands_[index];
  list_of(command).remove(index);
  bytes_ -= command.size;
  weight_ -= command.weight;
  commands_.release(index);
}

void Pipeline::Impl::end(std::uint32_t index, const Error& error, Fate fate) {
  Command& command = commands_[index];
  bytes_ -= command.size;
  weight_ -= command.weight;
  command.size = command.weight = 0;
  command.shared.clear();
  command.state = Command::State::ended;
  command.error = error;
  command.fate = fate;
  ended_.push_back(index);
}

void Pipeline::Impl::leave_swallower(std::uint32_t index) {
  const std::uint32_t left_index = commands_.take();
  Command& command = commands_[index];
  Command& left = commands_[left_index];
  left.state = Command::State::sent;
  left.purpose = Command::Purpose::abandoned;
  left.fence = command.fence;
  left.awaits_asking = command.awaits_asking;
  left.has_met_error = command.has_met_error;
  left.size = std::exchange(command.size, 0);
  left.weight = std::exchange(command.weight, 0);
  sent_.replace(index, left_index);
}

}  // namespace larder::redis

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline_impl.hpp"
#include "verb_use.hpp"

namespace larder::redis {
namespace {

// What a command is told of the loss of its connection.
Error told(const Error& cause, const Command& command, Fate fate) {
  if (fate != Fate::unsent && command.repeat != Repeat::read) {
    return {cause.code(), Advice::unknown_outcome, cause.context()};
  }
  if (cause.code() == Errc::protocol_error) {
    return {cause.code(), Advice::later, cause.context()};  // on another connection
  }
  return {cause.code(), cause.context()};
}

}  // namespace

void Pipeline::Impl::connected(const Session& session, SteadyTime now) {
  if (phase_ == Phase::closed) {
    return;
  }
  phase_ = Phase::session;
  parser_.reset();
  batch_.clear();
  known_scripts_.clear();
  is_pinging_ = false;
  connected_ = heard_ = now;
  for (const SessionStep& step : handshake_.begin(session)) {
    const std::vector<Arg> arguments(step.arguments.begin(), step.arguments.end());
    add_internal(Command::Purpose::session, arguments);
  }
}

void Pipeline::Impl::add_internal(Command::Purpose purpose, std::span<const Arg> arguments) {
  const std::uint32_t index = commands_.take();
  Command& command = commands_[index];
  command.purpose = purpose;
  command.fence = verb_use(arguments) == VerbUse::pushes ? ++fences_ : 0;
  encode(command, arguments);
  command.deadline = command.send_before = SteadyTime::max();
  command.state = Command::State::waiting;
  urgent_.push_back(index);
}

void Pipeline::Impl::disconnected(const Error& cause, Waiting waiting) {
  if (phase_ == Phase::down || phase_ == Phase::closed) {
    return;
  }
  phase_ = Phase::down;
  hangup_.reset();
  end_all(sent_, cause);
  end_all(urgent_, cause);
  if (waiting == Waiting::fail || limits_.wait_max == milliseconds::zero()) {
    end_all(again_, cause);
    end_all(waiting_, cause);
  }
}

void Pipeline::Impl::close() {
  const Error cause(Errc::closed, "connection: closed");
  phase_ = Phase::closed;
  hangup_.reset();
  for (CommandList* list : {&sent_, &urgent_, &again_, &waiting_}) {
    end_all(*list, cause);
  }
  earliest_ = SteadyTime::max();
}

void Pipeline::Impl::end_all(CommandList& list, const Error& cause) {
  while (!list.empty()) {
    const std::uint32_t index = list.front();
    const Command& command = commands_[index];
    if (command.purpose != Command::Purpose::caller) {
      finish(index);
      continue;
    }
    const Fate fate = fate_of(command);
    list.remove(index);
    end(index, told(cause, command, fate), fate);
  }
}

void Pipeline::Impl::received(std::size_t bytes, SteadyTime now) {
  if (is_listening()) {
    parser_.commit(bytes);
    heard_ = now;
  }
}

std::span<const std::string_view> Pipeline::Impl::to_write(SteadyTime now) {
  if (!is_listening()) {
    return {};
  }
  if (batch_.empty()) {
    batch_.clear();
    owes_batch_only_ = sent_.empty();
    hand_out(urgent_, now);
    if (phase_ == Phase::ready) {
      hand_out(again_, now);
      hand_out(waiting_, now);
    }
    batch_.seal();
  }
  return batch_.views();
}

void Pipeline::Impl::written(std::size_t bytes, SteadyTime now) {
  batch_.written(bytes);
  if (owes_batch_only_) {
    owing_ = now;  // a server cannot answer what it is still being sent
  }
}

void Pipeline::Impl::hand_out(CommandList& list, SteadyTime now) {
  for (std::uint32_t index = list.front(); index != CommandTable::kNone;) {
    const std::uint32_t after = list.after(index);
    Command& command = commands_[index];
    if (!has_room_for(command)) {
      return;
    }
    if (command.send_before > now) {  // else tick() is due and ends it
      if (sent_.empty()) {
        owing_ = now;
      }
      list.remove(index);
      append_to_batch(command);
      command.state = Command::State::sent;
      command.awaits_asking = command.asked == Asked::yes;
      sent_.push_back(index);
    }
    index = after;
  }
}

bool Pipeline::Impl::has_room_for(const Command& command) const noexcept {
  return batch_.pieces() == 0 ||
         (batch_.copied() < kBatchBytesMax &&
          batch_.pieces() + 2 * command.shared.size() + 1 <= kBatchPiecesMax);
}

void Pipeline::Impl::append_to_batch(Command& command) {
  const std::string_view bytes = command.bytes;
  std::size_t at = 0;
  if (command.script != nullptr) {
    const bool is_known = std::ranges::find(known_scripts_, command.script) != known_scripts_.end();
    if (!is_known) {
      known_scripts_.push_back(command.script);
    }
    command.carries_source = command.carries_source || !is_known;
    at = command.script_at;
    batch_.copy(bytes.substr(0, at));
    batch_.copy(command.carries_source ? command.script->by_source() : command.script->by_digest());
  }
  for (const SharedPart& part : command.shared) {
    batch_.copy(bytes.substr(at, part.before - at));
    batch_.share(part.bytes);
    at = part.before;
  }
  batch_.copy(bytes.substr(at));
  if (command.script == nullptr) {
    command.shared.clear();  // the batch keeps them; a script may have to be sent again
  }
}

void Pipeline::Impl::hang_up(Error error) {
  phase_ = Phase::hung_up;
  hangup_ = std::move(error);
}

}  // namespace larder::redis

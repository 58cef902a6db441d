#include <algorithm>
#include <string>

#include "pipeline_impl.hpp"

namespace larder::redis {

SteadyTime Pipeline::Impl::next_tick() const noexcept {
  SteadyTime next = SteadyTime::max();
  if (earliest_ != SteadyTime::max()) {
    next = std::max(earliest_, looked_ + kTickGrain);
  }
  if (phase_ == Phase::session) {
    next = std::min(next, connected_ + limits_.session_max);
  }
  return std::min({next, silence_ends(), ping_due()});
}

void Pipeline::Impl::tick(SteadyTime now) {
  if (now >= earliest_ && now >= looked_ + kTickGrain) {
    expire(now);
  }
  if (phase_ == Phase::session && now >= connected_ + limits_.session_max) {
    hang_up(Error(Errc::unavailable, "server: no session within " +
                                         std::to_string(limits_.session_max.count()) + "ms"));
  } else if (now >= silence_ends()) {
    hang_up(Error(Errc::unavailable, "server: owes replies and was silent for " +
                                         std::to_string(limits_.silence_max.count()) + "ms"));
  } else if (now >= ping_due()) {
    is_pinging_ = true;
    add_internal(Command::Purpose::ping, std::initializer_list<Arg>{"PING"});
  }
}

SteadyTime Pipeline::Impl::silence_ends() const noexcept {
  if (!is_listening() || sent_.empty() || limits_.silence_max == milliseconds::zero()) {
    return SteadyTime::max();
  }
  return std::max(heard_, owing_) + limits_.silence_max;
}

SteadyTime Pipeline::Impl::ping_due() const noexcept {
  const bool is_idle = phase_ == Phase::ready && sent_.empty() && !is_pinging_;
  if (!is_idle || limits_.ping_after == milliseconds::zero()) {
    return SteadyTime::max();
  }
  return heard_ + limits_.ping_after;
}

void Pipeline::Impl::expire(SteadyTime now) {
  looked_ = now;
  earliest_ = SteadyTime::max();
  for (CommandList* list : {&again_, &waiting_, &sent_}) {
    expire(*list, now);
  }
}

void Pipeline::Impl::expire(CommandList& list, SteadyTime now) {
  for (std::uint32_t index = list.front(); index != CommandTable::kNone;) {
    const std::uint32_t after = list.after(index);
    const Command& command = commands_[index];
    const bool is_sent = command.state == Command::State::sent;
    const SteadyTime until = is_sent ? command.deadline : command.send_before;
    if (command.purpose == Command::Purpose::caller) {
      if (until > now) {
        earliest_ = std::min(earliest_, until);
      } else {
        const Fate fate = fate_of(command);
        const Error& error = why_expired(command, now);
        if (is_sent) {
          leave_swallower(index);
        } else {
          list.remove(index);
        }
        end(index, error, fate);
      }
    }
    index = after;
  }
}

const Error& Pipeline::Impl::why_expired(const Command& command, SteadyTime now) const noexcept {
  if (command.deadline > now) {
    return is_listening() ? unsent_ : unconnected_;
  }
  const bool is_unknown = command.state == Command::State::sent && command.repeat != Repeat::read;
  return is_unknown ? late_unknown_ : late_;
}

}  // namespace larder::redis

#include "command_table.hpp"

#include <utility>

namespace larder::redis {

std::uint32_t CommandTable::take() {
  if (free_.empty()) {
    commands_.emplace_back();
    free_.reserve(commands_.capacity());  // so that release() allocates nothing
    return static_cast<std::uint32_t>(commands_.size() - 1);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

void CommandTable::release(std::uint32_t index) noexcept {
  Command& command = commands_[index];
  const std::uint32_t turn = command.turn + 1;
  std::string bytes = std::move(command.bytes);
  std::vector<SharedPart> shared = std::move(command.shared);
  command = Command();
  command.turn = turn;
  if (bytes.capacity() <= kKeepBytes) {
    bytes.clear();
    command.bytes = std::move(bytes);
  }
  shared.clear();
  command.shared = std::move(shared);
  free_.push_back(index);
}

std::uint32_t CommandTable::find(Ticket ticket) const noexcept {
  const bool is_known = ticket.slot < commands_.size() &&
                        commands_[ticket.slot].turn == ticket.turn &&
                        commands_[ticket.slot].state != Command::State::free;
  return is_known ? ticket.slot : kNone;
}

void CommandList::push_back(std::uint32_t index) noexcept {
  link(last_, index);
  link(index, CommandTable::kNone);
  ++size_;
}

void CommandList::remove(std::uint32_t index) noexcept {
  link((*table_)[index].previous, (*table_)[index].next);
  --size_;
}

void CommandList::replace(std::uint32_t index, std::uint32_t with) noexcept {
  const Command& left = (*table_)[index];
  link(left.previous, with);
  link(with, left.next);
}

// One that does not exist stands for the end of the list.
void CommandList::link(std::uint32_t before, std::uint32_t after) noexcept {
  (before == CommandTable::kNone ? first_ : (*table_)[before].next) = after;
  (after == CommandTable::kNone ? last_ : (*table_)[after].previous) = before;
}

}  // namespace larder::redis

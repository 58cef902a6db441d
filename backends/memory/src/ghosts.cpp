#include "ghosts.hpp"

#include <algorithm>

namespace larder::memory {
namespace {

std::uint32_t print_of(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32U) | 1U;
}

}  // namespace

void Ghosts::resize(std::size_t slots) { sets_ = std::vector<Set>(slots / kWays); }

Ghosts::Set& Ghosts::set_of(std::uint64_t hash) noexcept {
  // The lowest bits chose the shard and the highest are the print.
  return sets_[(hash >> 8U) & (sets_.size() - 1)];
}

void Ghosts::add(std::uint64_t hash) noexcept {
  ++turn_;
  Set& set = set_of(hash);
  const auto age = [this](const Slot& slot) {
    return slot.print == 0 ? UINT32_MAX : turn_ - slot.turn;
  };
  *std::ranges::max_element(set, {}, age) = Slot{.print = print_of(hash), .turn = turn_};
}

bool Ghosts::take(std::uint64_t hash, std::size_t recent) noexcept {
  const std::uint32_t print = print_of(hash);
  Set& set = set_of(hash);
  const auto slot = std::ranges::find(set, print, &Slot::print);
  if (slot == set.end()) {
    return false;
  }
  const bool remembered = turn_ - slot->turn < recent;
  *slot = Slot{};
  return remembered;
}

}  // namespace larder::memory

#include "evicted_keys.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace larder::memory {
namespace {

// A set is overwritten long before this many turns have passed, so a turn is never mistaken
// for one that is 2^16 later.
constexpr std::size_t kTurnsPerTable = 1024;

std::uint16_t print_of(std::uint64_t mixed_hash) noexcept {
  return static_cast<std::uint16_t>(mixed_hash | 1U);
}

}  // namespace

void EvictedKeys::reserve(std::size_t keys) {
  // A quarter more than asked for, as some sets are fuller than others.
  keys += keys / 4;
  if (keys <= sets_.size() * kWays) {
    return;
  }
  const std::size_t wanted = std::bit_ceil((keys + kWays - 1) / kWays);
  // What was in a set may belong to it or to its twins from now on: it is remembered in all of
  // them, and where it is wrong it grows old.
  ZeroTable<Set> grown(wanted);
  for (std::size_t at = 0; at < wanted; ++at) {
    grown[at] = sets_[at & (sets_.size() - 1)];
  }
  sets_ = std::move(grown);
  unsigned more = 0;
  while (sets_.size() * kWays > kTurnsPerTable << (turn_shift_ + more)) {
    ++more;
  }
  turn_shift_ += more;
  for (Set& set : sets_) {
    for (Slot& slot : set.slots) {
      slot.turn = static_cast<std::uint16_t>(slot.turn >> more);
    }
  }
}

void EvictedKeys::write_latest() noexcept {
  if (latest_ == 0) {
    return;
  }
  ++added_;
  const auto rank = [this](const Slot& slot) { return slot.print == 0 ? 1U << 16U : age(slot); };
  *std::ranges::max_element(sets_[index_of(latest_)].slots, {}, rank) =
      Slot{.print = print_of(latest_), .turn = static_cast<std::uint16_t>(added_ >> turn_shift_)};
  latest_ = 0;
}

void EvictedKeys::add(std::uint64_t hash) noexcept {
  prefetch(hash);
  write_latest();
  latest_ = mixed(hash);
}

bool EvictedKeys::take(std::uint64_t hash, std::size_t recent) noexcept {
  hash = mixed(hash);
  if (hash == latest_) {
    latest_ = 0;
    return true;
  }
  Set& set = sets_[index_of(hash)];
  const auto slot = std::ranges::find(set.slots, print_of(hash), &Slot::print);
  if (slot == set.slots.end()) {
    return false;
  }
  const bool remembered = age(*slot) <= recent >> turn_shift_;
  *slot = Slot{};
  return remembered;
}

}  // namespace larder::memory

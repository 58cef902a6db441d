#include "evicted_keys.hpp"

#include <algorithm>

namespace larder::memory {
namespace {

// Sets are told apart by the bits above these.
constexpr unsigned kPrintBits = 16;
// A set is overwritten long before this many turns have passed, so a turn is never mistaken
// for one that is 2^16 later.
constexpr std::size_t kTurnsPerTable = 1024;

std::uint64_t mixed(std::uint64_t hash) noexcept {
  hash *= 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32U);
}

std::uint16_t print_of(std::uint64_t mixed_hash) noexcept {
  return static_cast<std::uint16_t>(mixed_hash | 1U);
}

}  // namespace

void EvictedKeys::reserve(std::size_t keys) {
  while (sets_.size() * kWays < keys + keys / 4) {
    // A quarter more than asked for, as some sets are fuller than others.
    // What was in a set may belong to it or to its twin from now on: it is remembered in both,
    // and the wrong half grows old.
    const std::size_t half = sets_.size();
    sets_.resize(half * 2);
    std::copy_n(sets_.begin(), half, sets_.begin() + static_cast<std::ptrdiff_t>(half));
    if (sets_.size() * kWays > kTurnsPerTable << turn_shift_) {
      ++turn_shift_;
      for (Set& set : sets_) {
        for (Slot& slot : set) {
          slot.turn /= 2;
        }
      }
    }
  }
}

EvictedKeys::Set& EvictedKeys::set_of(std::uint64_t mixed_hash) noexcept {
  return sets_[(mixed_hash >> kPrintBits) & (sets_.size() - 1)];
}

void EvictedKeys::add(std::uint64_t hash) noexcept {
  hash = mixed(hash);
  ++added_;
  const auto rank = [this](const Slot& slot) { return slot.print == 0 ? 1U << 16U : age(slot); };
  *std::ranges::max_element(set_of(hash), {}, rank) =
      Slot{.print = print_of(hash), .turn = static_cast<std::uint16_t>(added_ >> turn_shift_)};
}

bool EvictedKeys::take(std::uint64_t hash, std::size_t recent) noexcept {
  hash = mixed(hash);
  Set& set = set_of(hash);
  const auto slot = std::ranges::find(set, print_of(hash), &Slot::print);
  if (slot == set.end()) {
    return false;
  }
  const bool remembered = age(*slot) <= recent >> turn_shift_;
  *slot = Slot{};
  return remembered;
}

}  // namespace larder::memory

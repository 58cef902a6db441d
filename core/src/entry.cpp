#include <larder/entry.hpp>

#include <algorithm>

namespace larder {

Life Life::clamped() const noexcept {
  constexpr milliseconds zero{0};
  return Life{.fresh = std::max(fresh, zero), .stale = std::max(stale, zero)};
}

milliseconds Life::total() const noexcept {
  const Life life = clamped();
  if (life.fresh > milliseconds::max() - life.stale) {
    return milliseconds::max();
  }
  return life.fresh + life.stale;
}

milliseconds Found::fresh_left() const noexcept { return life_left - entry->life.clamped().stale; }

}  // namespace larder

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

}  // namespace larder

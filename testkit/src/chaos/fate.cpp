#include "chaos/fate.hpp"

#include <algorithm>

namespace larder::testkit {
namespace {

// SplitMix64 (Steele, Lea and Flood 2014): each number by itself, from seed and place.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t call) : state_(mixed(seed) ^ mixed(call + 1)) {}

  // In [0, 1).
  double next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
    return static_cast<double>(mixed(state_) >> 11U) * kUnit;
  }

 private:
  static std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
  }

  std::uint64_t state_;
};

}  // namespace

Fate fate_of(const ChaosOptions& options, std::uint64_t seed, std::uint64_t call) {
  // Every number is drawn in any case: a rate that is changed must not move the others.
  Draws draws(seed, call);
  Fate fate;
  const bool fails = draws.next() < options.error_rate;
  const double which = draws.next() * static_cast<double>(options.errors.size());
  if (fails && !options.errors.empty()) {
    fate.error = options.errors[static_cast<std::size_t>(which)];
  }
  fate.reply_is_lost = draws.next() < options.lost_reply_rate;
  fate.hangs = draws.next() < options.hang_rate;
  const bool late = draws.next() < options.delay_rate;
  const auto span = static_cast<double>((options.delay_max - options.delay_min).count());
  const auto more = static_cast<milliseconds::rep>(draws.next() * std::max(span + 1, 1.0));
  if (late) {
    fate.delay = options.delay_min + milliseconds(more);
  }
  fate.notice_is_lost = draws.next() < options.lost_notice_rate;
  return fate;
}

}  // namespace larder::testkit

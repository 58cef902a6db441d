// Backoff: how long to wait before the next attempt.
#pragma once

#include <functional>

#include <larder/clock.hpp>

namespace larder {

struct BackoffOptions {
  milliseconds min{200};     // never sooner; at least 1 ms
  milliseconds max{30'000};  // never later; at least min
};

// Exponential with full jitter: each delay is drawn evenly from [min, ceiling], and the
// ceiling doubles from 2 * min up to max with each failure. So a crowd of clients spreads
// out over the whole span instead of returning in waves. One thread at a time.
class Backoff {
 public:
  // A number in [0, 1). The default is a generator of the calling thread, seeded at random.
  using Fraction = std::function<double()>;

  explicit Backoff(BackoffOptions options, Fraction fraction = random_fraction);

  // The delay before the next attempt; the one after that may be twice as long.
  [[nodiscard]] milliseconds next();

  // Call it on success.
  void reset() noexcept;

  [[nodiscard]] static double random_fraction();

 private:
  milliseconds min_;
  milliseconds max_;
  milliseconds ceiling_;
  Fraction fraction_;
};

}  // namespace larder

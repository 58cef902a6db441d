#include <larder/runtime/backoff.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace larder {
namespace {

milliseconds doubled(milliseconds span, milliseconds max) noexcept {
  return span > max / 2 ? max : span * 2;
}

}  // namespace

Backoff::Backoff(BackoffOptions options, Fraction fraction)
    : min_(std::max(options.min, milliseconds(1))),
      max_(std::max(options.max, min_)),
      ceiling_(doubled(min_, max_)),
      fraction_(std::move(fraction)) {}

milliseconds Backoff::next() {
  const auto span = static_cast<double>((ceiling_ - min_).count());
  const auto extra = static_cast<milliseconds::rep>(span * fraction_());
  ceiling_ = doubled(ceiling_, max_);
  return min_ + milliseconds(extra);
}

void Backoff::reset() noexcept { ceiling_ = doubled(min_, max_); }

double Backoff::random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace larder

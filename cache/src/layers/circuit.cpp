#include "circuit.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace larder {

// ---- Permit ----

Circuit::Permit::Permit(Permit&& other) noexcept
    : circuit_(other.circuit_),
      kind_(std::exchange(other.kind_, Kind::settled)),
      number_(other.number_) {}

Circuit::Permit::~Permit() {
  // Only a probe is missed: touching nothing else here lets other calls die with their
  // io_context after the breaker.
  if (kind_ == Kind::probe) {
    settle(Verdict::nothing, {});
  }
}

void Circuit::Permit::settle(Verdict verdict, std::string_view cause) noexcept {
  const Kind kind = std::exchange(kind_, Kind::settled);
  if (kind == Kind::probe) {
    circuit_.probe_ended(number_, verdict, cause);
  } else if (kind == Kind::normal && verdict == Verdict::answered) {
    circuit_.answered(number_);
  } else if (kind == Kind::normal && verdict == Verdict::failed) {
    circuit_.failed(number_, cause);
  }
}

// ---- Circuit ----

Circuit::Circuit(const Place& place, const BreakerOptions& options)
    : place_(place), options_(options), window_(options.window) {}

Circuit::Permit Circuit::ask() {
  const std::uint32_t spell = spell_.load(std::memory_order_acquire);
  if (closed_.load(std::memory_order_acquire)) {
    return Permit(*this, Permit::Kind::normal, spell);
  }
  const SteadyTime now = place_.clock.now();
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) {
    return Permit(*this, Permit::Kind::normal, spell_.load(std::memory_order_relaxed));
  }
  if (now < until_) {
    ++refused_;
    return Permit(*this, Permit::Kind::refused, 0);
  }
  state_ = State::half_open;
  until_ = now + options_.probe_patience;
  ++probes_;
  return Permit(*this, Permit::Kind::probe, ++probe_);
}

void Circuit::answered(std::uint32_t spell) noexcept {
  if (spell != spell_.load(std::memory_order_acquire)) {
    return;
  }
  window_.add(place_.clock.coarse_now(), 0);
  // Read first: a store for every call would share the cache line among all threads.
  if (in_a_row_.load(std::memory_order_relaxed) != 0) {
    in_a_row_.store(0, std::memory_order_relaxed);
  }
}

bool Circuit::too_many_failures(SteadyTime now, std::uint32_t in_a_row) const noexcept {
  if (in_a_row >= options_.failures_max) {
    return true;
  }
  const FailureWindow::Sum sum = window_.sum(now);
  return sum.calls >= options_.window_calls_min &&
         static_cast<double>(sum.failures) >=
             options_.failure_share * static_cast<double>(sum.calls);
}

void Circuit::failed(std::uint32_t spell, std::string_view cause) noexcept {
  if (spell != spell_.load(std::memory_order_acquire)) {
    return;
  }
  const SteadyTime now = place_.clock.now();
  window_.add(now, 1);
  const std::uint32_t in_a_row = in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!too_many_failures(now, in_a_row)) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::closed || spell != spell_.load(std::memory_order_relaxed)) {
      return;
    }
    ++opens_;
    pause_cap_ = options_.pause_first;
    open(now);
  }
  place_.log.warning("breaker", "the store fails; it is not asked for a while",
                     {{"store", place_.store}, {"direction", place_.direction}, {"cause", cause}});
}

void Circuit::probe_ended(std::uint32_t probe, Verdict verdict, std::string_view) noexcept {
  const SteadyTime now = place_.clock.now();
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::half_open || probe != probe_) {
      return;  // It was replaced meanwhile.
    }
    if (verdict == Verdict::nothing) {
      state_ = State::open;
      until_ = now;
      return;
    }
    if (verdict == Verdict::failed) {
      pause_cap_ = std::min(options_.pause_max, 2 * pause_cap_);
      open(now);
      return;
    }
    close();
  }
  place_.log.info("breaker", "the store answers again",
                  {{"store", place_.store}, {"direction", place_.direction}});
}

void Circuit::open(SteadyTime now) noexcept {
  until_ = now + jitter_.any_part_of(pause_cap_);
  state_ = State::open;
  spell_.fetch_add(1, std::memory_order_release);
  closed_.store(false, std::memory_order_release);
}

void Circuit::close() noexcept {
  state_ = State::closed;
  window_.clear();
  in_a_row_.store(0, std::memory_order_relaxed);
  spell_.fetch_add(1, std::memory_order_release);
  closed_.store(true, std::memory_order_release);
}

milliseconds Circuit::pause_left(SteadyTime now) const noexcept {
  if (state_ != State::open || until_ <= now) {
    return milliseconds(0);
  }
  return std::chrono::ceil<milliseconds>(until_ - now);
}

Error Circuit::refusal() const {
  const SteadyTime now = place_.clock.now();
  std::string text(place_.store);
  text.append(" store: the breaker is open for ").append(place_.direction);
  const std::lock_guard lock(mutex_);
  if (state_ == State::open) {
    text.append(" for another ").append(std::to_string(pause_left(now).count())).append(" ms");
  } else {
    text.append(" until the probe under way has ended");
  }
  return Error(Errc::unavailable, Advice::later, std::move(text));
}

BreakerStats::Direction Circuit::stats() const {
  const std::lock_guard lock(mutex_);
  return BreakerStats::Direction{
      .opens = opens_, .refused = refused_, .probes = probes_, .open = state_ != State::closed};
}

}  // namespace larder

// Circuit: the state of a breaker for one direction.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>

#include <larder/cache/breaker.hpp>

#include "failure_window.hpp"
#include "keeping.hpp"

namespace larder {

// What one call says about the store.
enum class Verdict : std::uint8_t {
  nothing,   // it never came to asking, or was cancelled
  answered,  // the store is there
  failed,
};

// Any thread. References outlive it; so does the circuit every permit.
class Circuit {
 public:
  struct Place {
    Clock& clock;
    LogSink& log;
    std::string_view store;      // its name
    std::string_view direction;  // "reads", "writes"
  };

  Circuit(const Place& place, const BreakerOptions& options);

  // The right to make one call. Destroyed without a verdict it says nothing, so a probe
  // that is cancelled leaves its place to the next call.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    [[nodiscard]] bool refused() const noexcept { return kind_ == Kind::refused; }
    void settle(Verdict verdict, std::string_view cause) noexcept;

   private:
    friend class Circuit;
    enum class Kind : std::uint8_t { refused, normal, probe, settled };
    Permit(Circuit& circuit, Kind kind, std::uint32_t number) noexcept
        : circuit_(circuit), kind_(kind), number_(number) {}

    Circuit& circuit_;
    Kind kind_;
    std::uint32_t number_;  // of the closed spell or of the probe that it belongs to
  };

  [[nodiscard]] Permit ask();
  // What a refused call is told.
  [[nodiscard]] Error refusal() const;
  [[nodiscard]] BreakerStats::Direction stats() const;

 private:
  enum class State : std::uint8_t { closed, open, half_open };

  void answered(std::uint32_t spell) noexcept;
  void failed(std::uint32_t spell, std::string_view cause) noexcept;
  void probe_ended(std::uint32_t probe, Verdict verdict, std::string_view cause) noexcept;
  [[nodiscard]] bool too_many_failures(SteadyTime now, std::uint32_t in_a_row) const noexcept;

  // All of these under the mutex.
  void open(SteadyTime now) noexcept;
  void close() noexcept;
  [[nodiscard]] milliseconds pause_left(SteadyTime now) const noexcept;

  const Place place_;
  const BreakerOptions options_;

  // All that a call touches while closed.
  std::atomic<bool> closed_{true};  // written under the mutex
  std::atomic<std::uint32_t> in_a_row_{0};
  // Counts closings and openings, so that a call that began before the last of them does
  // not speak of now.
  std::atomic<std::uint32_t> spell_{0};
  FailureWindow window_;

  mutable std::mutex mutex_;
  State state_ = State::closed;
  SteadyTime until_{};  // open: of the pause; half open: of the patience with the probe
  milliseconds pause_cap_{0};
  std::uint32_t probe_ = 0;
  std::uint64_t opens_ = 0;
  std::uint64_t probes_ = 0;
  std::uint64_t refused_ = 0;
  Jitter jitter_;
};

}  // namespace larder

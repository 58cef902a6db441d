// Flights: the loads that run in this process, at most one a key that callers may join.
//
//   get_or_load --miss--> board() --> started: launch the load --> wait, share the ending
//                                 \-> joined ------------------/
//
// A flight ends once: landed by its load, or abandoned (deadline, last waiter gone, close).
// Whatever its load brings after that is dropped.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <larder/cache/policy.hpp>
#include <larder/key.hpp>

#include "bell.hpp"
#include "lookup.hpp"
#include "open_work.hpp"
#include "task.hpp"

namespace larder {

// What a load needs, taken over from the call that starts it.
struct LoadOrder {
  Key key;
  Policy policy;
  Loader loader;
  Lookup lookup;
};

class Flight {
 public:
  Flight(LoadOrder taken, const boost::asio::any_io_executor& executor);

  LoadOrder order;  // the loader is dropped when the load has ended
  const Task load;
  const Task watchdog;
  const Bell ended;

 private:
  friend class Flights;

  explicit Flight(LoadOrder taken, const Strand& strand);

  enum class Phase : std::uint8_t { loading, storing, ended };

  // Guarded by the mutex of its shard.
  Phase phase_ = Phase::loading;
  std::optional<Result<Answer>> ending_;
  std::size_t seats_ = 1;
  bool outdated_ = false;
};

using FlightPtr = std::shared_ptr<Flight>;

class Flights;

// A caller's place in a flight. Giving up the last one abandons a load that still runs.
class Seat {
 public:
  Seat(Flights& flights, FlightPtr flight, bool started) noexcept
      : flights_(&flights), flight_(std::move(flight)), started_(started) {}
  ~Seat();
  Seat(Seat&& other) noexcept = default;
  Seat& operator=(Seat&&) = delete;

  [[nodiscard]] const FlightPtr& flight() const noexcept { return flight_; }
  [[nodiscard]] bool started() const noexcept { return started_; }

 private:
  Flights* flights_;
  FlightPtr flight_;
  bool started_;
};

// Why a caller got no seat.
enum class NoSeat : std::uint8_t {
  look_again,  // the store may know better by now
  closed,
};

class Flights {
 public:
  // Who asks for a seat. Read during the call only; a new flight takes loader and lookup.
  struct Caller {
    const Key& key;
    const Policy& policy;
    Loader& loader;
    Lookup& lookup;
    std::uint64_t stored_seen;  // stored() before the lookup
    bool may_look_again;
    const boost::asio::any_io_executor& executor;
  };

  struct Sight {
    bool loading = false;
    std::size_t waiters = 0;
  };

  explicit Flights(OpenWork& open) noexcept : open_(open) {}

  // How many flights stored something, of this key and some others. A caller who missed
  // while it changed looks again, or it would repeat the load that just ended.
  [[nodiscard]] std::uint64_t stored(const Key& key) const noexcept;

  // A seat in the flight of the key if it began under the epochs that the caller saw, else
  // in a new one that takes its place. Who starts a flight owes it a launch.
  [[nodiscard]] std::expected<Seat, NoSeat> board(const Caller& caller);

  // From now on the flight cannot be abandoned for want of time or waiters. False where it
  // has ended already.
  [[nodiscard]] bool begin_storing(Flight& flight);
  // Whether its value may not stay in the store, since something newer happened to its key.
  [[nodiscard]] bool is_outdated(const Flight& flight) const;
  [[nodiscard]] bool has_ended(const Flight& flight) const;
  // nullopt before the end.
  [[nodiscard]] std::optional<Result<Answer>> ending(const Flight& flight) const;

  // Ends it. No effect after its end.
  void land(const FlightPtr& flight, Result<Answer> answer);
  // Ends it and cancels its load; only while it is loading. False otherwise.
  bool abandon(const FlightPtr& flight, Result<Answer> answer);
  // The key was written, erased or expired: the flight that loads it goes on for those who
  // wait, but nobody joins it any more and it stores nothing.
  void outdate(const Key& key);
  // Abandons all, in whatever phase.
  void close();

  [[nodiscard]] Sight sight(const Key& key) const;

 private:
  friend class Seat;

  struct Shard {
    mutable std::mutex mutex;
    // All that have not ended; of one key at most one is not outdated.
    std::unordered_multimap<Key, FlightPtr> flights;
    // Read without the mutex by callers about to look up.
    std::atomic<std::uint64_t> stored{0};
  };

  [[nodiscard]] Shard& shard(const Key& key) const noexcept;
  void leave(const FlightPtr& flight);
  // With the shard's mutex held; joinable() is null where there is none.
  [[nodiscard]] static FlightPtr joinable(const Shard& home, const Key& key);
  static void end(Shard& home, Flight& flight, Result<Answer> answer);
  static void announce(const Flight& flight);

  static constexpr std::size_t kShards = 16;

  OpenWork& open_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace larder

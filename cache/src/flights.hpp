// Flights: the keys that are being loaded in this process, at most one flight a key that
// callers may join. A Load brings one flight or several at once.
//
//   miss --> board() --> started: launch its load --> wait, share the ending
//                   \-> joined ------------------/
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
#include <vector>

#include <larder/cache/cache.hpp>
#include <larder/key.hpp>

#include "bell.hpp"
#include "counters.hpp"
#include "failures.hpp"
#include "lookup.hpp"
#include "open_work.hpp"

namespace larder {

struct Load;
using LoadPtr = std::shared_ptr<Load>;

class Flight {
 public:
  Flight(const Key& its_key, const Lookup& its_lookup, LoadPtr load);

  const Key key;
  const Lookup lookup;  // of the caller who started it
  const Bell ended;

  // ---- on the strand of its load only ----

  std::optional<LeaseToken> lease{};
  bool leased = false;                // a lease was granted: the value is filled, not put
  bool storable = true;               // the store answers
  std::optional<Version> refused{};   // for the next request of a lease
  std::optional<TagEpochs> epochs{};  // to store under

 private:
  friend class Flights;

  enum class Phase : std::uint8_t { loading, storing, ended };

  // Guarded by the mutex of its shard.
  LoadPtr load_;
  Phase phase_ = Phase::loading;
  std::optional<Result<Answer>> ending_;
  std::size_t seats_ = 1;
  bool outdated_ = false;
  bool background_ = false;  // goes on without seats
  bool loading_ = false;     // its loader was called
  LeaseSight sight_ = LeaseSight::none;
  std::vector<Tag> added_tags_;
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
struct NoSeat {
  enum class Why : std::uint8_t {
    look_again,  // the store may know better by now
    remembered,  // a load failed a moment ago, with `error`
    overloaded,  // too many loads run in the namespace
    closed,
  };
  Why why;
  Error error;
};

// Whether a flight goes on when nobody waits for it.
enum class Waiting : std::uint8_t { foreground, background };

class Flights {
 public:
  // Who asks for a seat. Read during the call only.
  struct Caller {
    const Key& key;
    const Lookup& lookup;
    std::uint64_t stored_seen;  // stored() before the lookup
    bool may_look_again;
    Waiting waiting;
    const LoadPtr& load;  // brings the flight, if this caller starts one; not launched yet
  };

  struct Sight {
    bool loading = false;
    std::size_t waiters = 0;
    LeaseSight lease = LeaseSight::none;
    std::optional<Error> failure{};
  };

  Flights(Clock& clock, OpenWork& open, Counters& counters) noexcept
      : clock_(clock), open_(open), counters_(counters) {}

  // How many flights stored something, of this key and some others. A caller who missed
  // while it changed looks again, or it would repeat the load that just ended.
  [[nodiscard]] std::uint64_t stored(const Key& key) const noexcept;

  // A seat in the flight of the key if it began under the epochs that the caller saw, else
  // in a new one that takes its place. Who starts a flight owes its load a launch.
  [[nodiscard]] std::expected<Seat, NoSeat> board(const Caller& caller);

  // The flight goes on although its caller will not wait for it.
  void keep_going(Flight& flight);
  // It will be brought by another load; false where it has ended.
  [[nodiscard]] bool move(Flight& flight, const LoadPtr& load);
  // Its loader is about to be called; false where it has ended.
  [[nodiscard]] bool begin_loading(Flight& flight);
  // From now on the flight cannot be abandoned for want of time or waiters. False where it
  // has ended already.
  [[nodiscard]] bool begin_storing(Flight& flight);
  // Whether its value may not stay in the store, since something newer happened to its key.
  [[nodiscard]] bool is_outdated(const Flight& flight) const;
  [[nodiscard]] bool has_ended(const Flight& flight) const;
  // nullopt before the end.
  [[nodiscard]] std::optional<Result<Answer>> ending(const Flight& flight) const;
  void show(Flight& flight, LeaseSight sight);
  void add_tags(Flight& flight, const std::vector<Tag>& tags);

  // Ends it. No effect after its end.
  void land(const FlightPtr& flight, Result<Answer> answer);
  // Ends it, and cancels its load if that brings nothing else; only while it is loading.
  // False otherwise.
  bool abandon(const FlightPtr& flight, Error error);
  // The key was written, erased or expired: the flight that loads it goes on for those who
  // wait, but nobody joins it any more and it stores nothing.
  void outdate(const Key& key);
  // The same for flights whose loader added one of the tags.
  void outdate_tagged(std::span<const Tag> tags);
  // Abandons all, in whatever phase.
  void close();

  [[nodiscard]] Sight sight(const Key& key) const;
  // Flights whose loader was called and that have not ended.
  [[nodiscard]] std::uint64_t loading() const noexcept { return loading_; }

 private:
  friend class Seat;

  struct Shard {
    mutable std::mutex mutex;
    // All that have not ended; of one key at most one is not outdated.
    std::unordered_multimap<Key, FlightPtr> flights;
    Failures failures;
    // Read without the mutex by callers about to look up.
    std::atomic<std::uint64_t> stored{0};
  };

  [[nodiscard]] Shard& shard(const Key& key) const noexcept;
  void leave(const FlightPtr& flight);
  // With the shard's mutex held; joinable() is null where there is none.
  [[nodiscard]] static FlightPtr joinable(const Shard& home, const Key& key);
  void end(Shard& home, Flight& flight, Result<Answer> answer);
  void remember(Shard& home, const Flight& flight, const Error& failure) const;
  // With the shard's mutex held: ends it unfinished. The load is to be cancelled afterwards,
  // where it is not null.
  [[nodiscard]] LoadPtr end_abandoned(Shard& home, Flight& flight, Error error);
  static void announce(const Flight& flight, const LoadPtr& cancelled);

  static constexpr std::size_t kShards = 16;

  Clock& clock_;
  OpenWork& open_;
  Counters& counters_;
  std::atomic<std::uint64_t> loading_{0};
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace larder

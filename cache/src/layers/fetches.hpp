// Fetches: which keys are being fetched or written now, and what may be copied.
//
// A fetch is a placeholder: its answer is copied only if it still stands in the table when
// it lands. A change that is told, or an own write, takes it out, so that nothing older than
// the change is copied. Copying and taking out exclude each other by one mutex, which hits
// do not take.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <larder/local_store.hpp>
#include <larder/verbs.hpp>

#include "bell.hpp"
#include "near_counters.hpp"

namespace larder {

using FetchAnswer = Result<std::optional<Found>>;

// One question to the remote store, whose answer several callers share.
struct Fetch {
  SteadyTime began;
  Deadline deadline;
  bool may_fill;                        // changes were told when it began
  Bell landed{};                        // rings once there is an answer, or will never be
  std::optional<FetchAnswer> answer{};  // under the mutex of Fetches
};
using FetchPtr = std::shared_ptr<Fetch>;

// Any thread. The local store is used under the mutex.
class Fetches {
 public:
  struct Bounds {
    milliseconds staleness;
    std::size_t keys_max;
  };
  Fetches(LocalStore& local, Clock& clock, NearCounters& counters, Bounds bounds) noexcept
      : local_(local), clock_(clock), counters_(counters), bounds_(bounds) {}

  enum class Role : std::uint8_t {
    leads,  // asks the store and lands the answer
    joins,  // waits for another's, which ends no later than the caller's deadline
    alone,  // asks the store for itself; the answer is not copied
  };
  struct Seat {
    Role role = Role::alone;
    FetchPtr fetch{};  // unless alone
  };
  [[nodiscard]] Seat board(const Key& key, Deadline deadline);

  // The leader's: copies the answer if nothing has spoken against it, and wakes who joined.
  void land(const Key& key, const FetchPtr& fetch, const FetchAnswer& answer);
  // The leader's: there will be no answer.
  void abandon(const Key& key, const FetchPtr& fetch);
  // Of one that was alone: older answers on their way must not be copied over what its
  // caller has seen.
  void landed_alone(const Key& key) { change(key); }

  // For one that joined, after the bell: the answer, unless there is none or it is too old.
  [[nodiscard]] std::optional<FetchAnswer> answer(const Fetch& fetch) const;

  // Between the two no answer for the key is copied: in which order the store does the write
  // and a read is not known.
  void write_begins(const Key& key);
  void write_ended(const Key& key);

  // The key changed.
  void change(const Key& key);
  // Anything may have changed.
  void change_all();
  // Whether changes are told: only then are answers copied.
  void set_live(bool live);
  [[nodiscard]] bool live() const;

 private:
  struct Pending {
    FetchPtr fetch{};
    std::uint32_t writers = 0;
  };
  using Table = std::unordered_map<Key, Pending>;

  void change_locked(const Key& key);
  // Takes the fetch out of the table; false where it was out already.
  bool take_out(const Key& key, const FetchPtr& fetch);

  LocalStore& local_;
  Clock& clock_;
  NearCounters& counters_;
  const Bounds bounds_;

  mutable std::mutex mutex_;
  bool live_ = false;
  Table table_;
  std::size_t unlisted_writers_ = 0;  // which found the table full: while any, nothing is copied
};

}  // namespace larder

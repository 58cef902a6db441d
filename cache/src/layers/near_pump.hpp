// NearPump: reads what the remote store tells of changes, and says whether it is to be
// relied on.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include <larder/backend.hpp>
#include <larder/log.hpp>

#include "epoch_copies.hpp"
#include "fetches.hpp"
#include "keeping.hpp"
#include "open_work.hpp"
#include "task.hpp"

namespace larder {

// The channel on which nodes tell one another the tags they bumped.
[[nodiscard]] const Key& bump_channel();

// References outlive it; stop() has to complete before the destructor if it was started.
class NearPump {
 public:
  struct Parts {
    CacheBackend& remote;
    Fetches& fetches;
    EpochCopies& epochs;
    Clock& clock;
    LogSink& log;
    NearCounters& counters;
    milliseconds staleness;
  };
  explicit NearPump(const Parts& parts) : parts_(parts) {}

  void start(const boost::asio::any_io_executor& executor);
  // Ends both streams and waits for it. Not to be cancelled.
  [[nodiscard]] awaitable<void> stop();

 private:
  // The two coroutines, each on a strand of its own.
  [[nodiscard]] awaitable<void> read_changes();
  [[nodiscard]] awaitable<void> read_bumps_of_others();

  // Until the stream ends.
  [[nodiscard]] awaitable<void> follow(Watch& watch);
  [[nodiscard]] awaitable<void> follow(Subscription& subscription);
  // One round trip; whether the store answered in time.
  [[nodiscard]] awaitable<bool> store_answers();
  // Waits before the next attempt, longer each time.
  [[nodiscard]] awaitable<void> back_off(milliseconds& pause);

  void watch_is_live();
  void watch_is_lost(std::string_view cause);
  [[nodiscard]] milliseconds quiet_max() const noexcept;

  const Parts parts_;
  OpenWork open_;
  Jitter jitter_;
  std::mutex stopping_;  // of the two tasks, since stop() may be called twice at once
  std::optional<Task> changes_;
  std::optional<Task> bumps_;
};

}  // namespace larder

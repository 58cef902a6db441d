// The arguments and answers of the port's verbs. backend.hpp has the contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <larder/bytes.hpp>
#include <larder/entry.hpp>
#include <larder/key.hpp>
#include <larder/packed_entry.hpp>

namespace larder {

// ---- values -------------------------------------------------------------------------

// When a put may write. IfVersion: only over the very write that was read.
struct Always {};
struct IfAbsent {};
struct IfVersion {
  Version version{};
};
using Condition = std::variant<Always, IfAbsent, IfVersion>;

struct PutItem {
  Entry entry;
  Condition condition = Always{};
};

// `version` is that of the new write when stored. A condition that does not hold is an
// answer, not an error.
struct PutOutcome {
  bool stored = false;
  Version version{};
};

// Sets the remaining fresh life of an entry that exists; its stale time follows. Zero or
// below makes it stale now and never lengthens its life: that is `expire`.
struct TouchItem {
  Key key;
  milliseconds fresh{0};
};

// ---- leases -------------------------------------------------------------------------

// The fenced right to load one key. Tokens of a key only grow while the store lives.
enum class LeaseToken : std::uint64_t {};

struct LeaseRequest {
  Key key;
  // The owner must renew within this span or the lease is void. 1 ms to 1 h.
  milliseconds hold{3000};
  // An entry the caller has seen and will not take: outdated by its tags, or due for an
  // early refresh. Found again, it is answered like a stale one.
  std::optional<Version> despite{};
};

enum class LeaseState : std::uint8_t {
  not_needed,  // `found` is fresh and acceptable: a hit
  granted,     // the caller loads; `token` is its right. `found` may hold a stale entry
  busy,        // someone else loads. `found` may hold a stale entry
};

struct LeaseAnswer {
  LeaseState state = LeaseState::busy;
  std::optional<Found> found{};
  LeaseToken token{};  // meaningful when granted
};

struct LeaseHold {
  Key key;
  LeaseToken token{};
};

// Ends a lease by writing. The entry's key is the lease's.
struct Fill {
  Entry entry;
  LeaseToken token{};
};

enum class FillOutcome : std::uint8_t {
  stored,
  void_lease,  // erased, overwritten, released or expired since it was granted; nothing was written
};

// ---- counters -----------------------------------------------------------------------

struct Addition {
  Key key;
  std::int64_t delta = 1;  // 0 reads
  milliseconds life{0};    // of a counter this call creates; 0 = as long as the store keeps it
};

// ---- quotas -------------------------------------------------------------------------

// GCRA (ITU-T I.371): `burst` at once, then one each `period / burst`. On the store's
// clock. burst 1 to 1e6, period 1 ms to 30 days.
struct Quota {
  std::uint32_t burst = 1;
  milliseconds period{1000};

  friend bool operator==(const Quota&, const Quota&) = default;
};

struct QuotaRequest {
  Key key;
  Quota quota{};
  std::uint32_t cost = 1;  // 0 asks without taking; above burst is invalid_argument
};

struct QuotaAnswer {
  bool allowed = false;
  std::uint32_t remaining = 0;  // units that may still be taken at once
  milliseconds retry_after{0};  // 0 when allowed; else when this cost will be, rounded up
  milliseconds reset_after{0};  // until the full burst is there again, rounded up
};

// ---- events -------------------------------------------------------------------------

// A place in a log. `log` is drawn when the log is created, so a position of a lost log
// is recognised; `sequence` counts from 1 without holes. Default: before everything.
struct EventPosition {
  std::uint64_t log = 0;
  std::uint64_t sequence = 0;

  friend bool operator==(const EventPosition&, const EventPosition&) = default;
};

// The oldest events go first when a bound is met. All above zero.
struct LogBounds {
  std::size_t events_max = 1000;
  std::size_t bytes_max = 1 << 20;  // of payloads; a larger single event is too_large
  milliseconds age_max{300'000};    // since its append; an idle log is gone after this
};

struct Event {
  EventPosition position;
  Bytes payload;
};

struct EventPage {
  std::vector<Event> events;
  EventPosition last{};  // of the log now; read again after it. Default if there is no log
  // Events after the asked position are gone: trimmed, expired, or the log was lost.
  bool gap = false;
};

// A message of a channel, or word that messages may have been missed (the connection
// broke, or the subscriber was too slow for its buffer).
struct Message {
  Key channel;
  Bytes payload;
};
struct MessagesLost {};
using Notice = std::variant<Message, MessagesLost>;

// Keys whose entries changed or went since they were read, or word that everything read
// before may have changed.
struct KeysChanged {
  std::vector<Key> keys;
};
struct WatchLost {};
using Change = std::variant<KeysChanged, WatchLost>;

// ---- care ---------------------------------------------------------------------------

struct ScanRequest {
  std::string name_space{};  // empty = all
  std::string cursor{};      // empty = from the start; else of the last page
  std::size_t count = 100;   // about so many; 1 to 10,000
};

struct ScanPage {
  std::vector<Key> keys;
  std::string cursor{};  // empty = the end
};

// Counted since the backend was opened; gauges are as of now. A store that cannot tell a
// gauge without a round trip leaves it empty.
struct BackendStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t writes = 0;
  std::uint64_t evictions = 0;    // for room
  std::uint64_t expirations = 0;  // for age, where the store tells
  std::uint64_t corrupt = 0;      // envelopes that could not be read
  std::uint64_t errors = 0;       // calls that ended in an error
  std::optional<std::uint64_t> entries{};
  std::optional<std::uint64_t> bytes{};
};

}  // namespace larder

// How one kind of value is cached.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/packed_entry.hpp>

namespace larder {

// Whether the program can read a stored value. Runs in lookups, on any thread; must not throw.
using Readable = std::function<bool(const Bytes&)>;

// All durations: 0 or above. Checked by Cache::check_policy; a wrong one is
// invalid_argument naming the field.
struct Policy {
  // How long a loaded value is fresh. 0 = never: every caller shares one load at a time,
  // and the value is stored only where stale_if_error lets a later caller fall back on it.
  milliseconds ttl{60'000};
  // Shortens each ttl by a random part of up to this share, so that entries made together
  // do not expire together. 0 to 0.9.
  double ttl_jitter = 0.1;
  // How long after its ttl an entry may be served when loading it anew fails. 0 = never.
  milliseconds stale_if_error{0};
  // How long an absence (the loader found nothing) is remembered, less the jitter. 0 = not
  // at all. An absence is never served stale.
  milliseconds negative_ttl{0};
  // When a load is abandoned: its waiters get a stale value or Errc::timeout.
  // 1 ms to 1 h.
  milliseconds load_deadline{30'000};
  // How long the store may take to answer before the cache goes on without it.
  // 1 ms to 1 min.
  milliseconds store_deadline{500};
  // Tags of every entry of this kind; at most Entry::kTagsMax.
  std::vector<Tag> tags{};
  // Larger values are answered but not stored. 0 = the store's own bound.
  std::size_t value_bytes_max = 0;
  // A stored value that it refuses is loaded anew, and never answered. Empty: all are read.
  Readable readable{};
};

// What a loader brings.
struct Loaded {
  // nullopt: there is nothing under this key (see Policy::negative_ttl).
  std::optional<Bytes> value;
  // Instead of the policy's, where set, for a value and for an absence. No jitter is applied
  // to these: they are promises. Below 0 counts as 0; more than a store takes is shortened.
  std::optional<milliseconds> ttl{};
  std::optional<milliseconds> stale_if_error{};
  // False: answer the waiters, store nothing.
  bool store = true;
  // Store under this key instead of the asked one: the answer turned out to hold for more
  // askers than this one. The entry carries the same epochs, read before the load.
  std::optional<Key> key{};
};

// What a loader is told.
struct LoadContext {
  Deadline deadline;             // be done by then; the load is abandoned after it
  std::optional<Found> stale{};  // the outdated entry, if one is at hand
};

// Brings the value. Runs once for all who wait; may run on the executor of any of them;
// owns what it needs, since it may outlive the call that started it. An exception counts
// as Errc::load_failed; an error is handed out as it is. An abandoned load is cancelled
// (asio terminal cancellation) and what it brings is dropped; Cache::close() waits until it
// has ended.
using Loader = std::function<awaitable<Result<Loaded>>(const LoadContext&)>;

// Where an answer came from.
enum class Source : std::uint8_t {
  store,      // a fresh entry
  load,       // this call loaded it
  coalesced,  // another call was loading it
  stale,      // loading failed; an outdated entry within stale_if_error
};

// Why the store could not answer; `none` when it did.
enum class MissCause : std::uint8_t {
  none,
  absent,       // no entry
  expired,      // stale
  invalidated,  // made under an old epoch of one of its tags
  unreadable,   // damaged, or refused by Policy::readable
  unavailable,  // the store failed; the cache went on without it
};

struct Answer {
  std::optional<Bytes> value;  // nullopt: a known absence
  milliseconds fresh_left{0};  // 0 or below: not cached, or stale
  Source source = Source::store;
  MissCause cause = MissCause::none;
  bool stored = false;             // it came from the store, or is in it by now
  std::optional<Error> failure{};  // with Source::stale: why loading failed
};

[[nodiscard]] std::string_view to_string(Source source) noexcept;
[[nodiscard]] std::string_view to_string(MissCause cause) noexcept;

}  // namespace larder

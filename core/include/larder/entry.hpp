// Entry: what a store keeps for a key. How it comes back: packed_entry.hpp.
//
// Freshness never depends on two machines' clocks agreeing. The writer states durations;
// the store, which alone counts time, tells how much life is left; the reader counts on
// from the answer with its own steady clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <larder/bytes.hpp>
#include <larder/clock.hpp>
#include <larder/key.hpp>

namespace larder {

// How long an entry lives from the moment the store accepts it: first fresh, then stale
// but still servable. Negative durations count as zero. A total of zero means "already
// gone": a put with it leaves no entry under the key. A total above kTotalMax is refused
// with invalid_argument, since a cache entry that outlives its deployment is a leak.
struct Life {
  static constexpr milliseconds kTotalMax = std::chrono::hours(24 * 366 * 10);

  milliseconds fresh{0};
  milliseconds stale{0};

  [[nodiscard]] Life clamped() const noexcept;
  // Of the clamped durations; saturates instead of overflowing.
  [[nodiscard]] milliseconds total() const noexcept;

  friend bool operator==(const Life&, const Life&) = default;
};

// The state of a tag. Changing it makes every entry stored under the old one a miss.
// Drawn at random, so a lost epoch can only cause a miss, never a resurrection.
enum class Epoch : std::uint64_t {};

struct TagEpoch {
  Tag tag;
  Epoch epoch{};

  friend bool operator==(const TagEpoch&, const TagEpoch&) = default;
};

// How the bytes of a value are to be read. Stores keep it and look at nothing.
enum class Codec : std::uint8_t {
  none = 0,
  zstd = 1,   // one zstd frame, made by whoever put it
  coded = 2,  // compressed, encrypted or both by cache's CodecBackend, which alone reads it
};

// Whether the entry says "here is a value" or "there is nothing" (a cached absence).
enum class Presence : std::uint8_t { value = 0, absence = 1 };

struct Entry {
  static constexpr std::size_t kTagsMax = 16;

  Key key;
  Bytes value;
  Life life{};
  milliseconds load_cost{0};       // how long the load took; 0 = unknown
  std::vector<TagEpoch> epochs{};  // the tags and the epochs they had before the load
  Codec codec = Codec::none;       // of `value`
  Presence presence = Presence::value;

  friend bool operator==(const Entry&, const Entry&) = default;
};

// Identifies one write of one key. Opaque; two writes differ (drawn from 64 random bits or
// a counter, as the store likes). Only equality has a meaning.
enum class Version : std::uint64_t {};

}  // namespace larder

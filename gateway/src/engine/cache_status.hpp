// Cache-Status (RFC 9211): how an answer came about, told to the client and the log.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <larder/cache/policy.hpp>

namespace larder::gateway {

// The reasons for going forward that RFC 9211 names, and two for not going.
enum class CacheOutcome : std::uint8_t {
  local,     // answered by the gateway itself
  hit,       // from the store
  uri_miss,  // nothing stored under this key
  stale,     // stored, but outdated
  partial,   // merged from stored and fetched parts
  bypass,    // not cacheable by rule
};

struct CacheNote {
  CacheOutcome outcome = CacheOutcome::local;
  bool stored = false;
  bool collapsed = false;             // shared another caller's fetch
  std::optional<milliseconds> ttl{};  // remaining; negative = stale for so long
  std::string_view detail{};          // a literal token; empty = none
};

[[nodiscard]] CacheNote note_of(const Answer& answer);

// One note for an answer merged from several.
[[nodiscard]] CacheNote merge_notes(std::span<const CacheNote> notes);

// "larder; hit; ttl=59"
[[nodiscard]] std::string write_cache_status(const CacheNote& note);

// For metrics and the log: "hit", "miss", "stale", "partial", "bypass", "local".
[[nodiscard]] std::string_view to_string(CacheOutcome outcome) noexcept;

}  // namespace larder::gateway

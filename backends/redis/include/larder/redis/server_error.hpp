// What an error reply of the server means for whoever asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <larder/error.hpp>

namespace larder::redis {

// The causes that are handled differently from one another. Each says whether the command
// was executed: none of these was, apart from `other`, which may have been in part.
enum class ServerError : std::uint8_t {
  moved,         // the slot lives elsewhere: refresh the map and go there
  ask,           // this key lives elsewhere just now: go there once, with ASKING in front
  try_again,     // a batch in the middle of a migration
  cluster_down,  // nobody serves the slot now
  cross_slot,    // the caller's mistake
  loading,       // the server reads its data set
  master_down,   // a replica that lost its primary and may not serve
  read_only,     // a write met a replica
  no_script,     // EVALSHA of a script that the server does not have
  busy,          // a script runs for too long
  out_of_memory,
  no_replicas,      // fewer replicas than the server's configuration demands
  cannot_persist,   // MISCONF: it refuses writes while it cannot save
  full_of_clients,  // said instead of a welcome, before it hangs up
  denied,           // NOAUTH, WRONGPASS, NOPERM, DENIED
  no_protocol,      // the server speaks no RESP3
  other,
};

// By the first word of an error's text.
[[nodiscard]] ServerError classify(std::string_view text) noexcept;

// The error a caller gets: never_executed causes say Advice::later where a repetition can
// help. The context is the server's text, shortened to kServerTextMax, and without the
// arguments that a server echoes with an unknown command: they may hold values and passwords.
inline constexpr std::size_t kServerTextMax = 200;
[[nodiscard]] Error to_error(std::string_view text);

// Where MOVED and ASK point. An empty host means: the host of the node that answered.
struct Redirect {
  std::uint16_t slot = 0;
  std::string host;  // IPv6 addresses without brackets
  std::uint16_t port = 0;

  friend bool operator==(const Redirect&, const Redirect&) = default;
};

// nullopt if the text is no well-formed MOVED or ASK.
[[nodiscard]] std::optional<Redirect> parse_redirect(std::string_view text);

}  // namespace larder::redis

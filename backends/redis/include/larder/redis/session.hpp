// Session: what a connection must be told before it may carry commands.
//
// A connection that broke has forgotten all of it, so it is given again, whole, each time
// (Pipeline::connected). Whoever connects makes it new: that is where a password that
// changed is read again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <larder/secret.hpp>

namespace larder::redis {

// The near tier's word of changes: CLIENT TRACKING.
enum class Tracking : std::uint8_t {
  off,
  reads,      // of keys that this connection has read; also of its own writes
  broadcast,  // of all keys under `tracked_prefixes`
};

struct Session {
  std::string user{};         // empty = "default"
  Secret password{};          // no AUTH is sent if both are empty
  std::string client_name{};  // empty = none. Printable ASCII without spaces
  std::uint32_t database = 0;
  bool replica_reads = false;  // READONLY, on replicas of a cluster and nowhere else
  Tracking tracking = Tracking::off;
  std::vector<std::string> tracked_prefixes{};  // for broadcast; empty = all keys
  std::vector<std::string> channels{};          // SUBSCRIBE
  std::vector<std::string> shard_channels{};    // SSUBSCRIBE, one command each: slots differ
};

// What the server said of itself, in answer to HELLO.
struct ServerHello {
  std::string version;  // "7.0.15"
  std::string mode;     // "standalone", "sentinel" or "cluster"
  std::string role;     // "master" or "replica"; empty for a sentinel
};

// One command of the handshake.
struct SessionStep {
  enum class Need : std::uint8_t {
    required,  // refused = no connection
    optional,  // refused = as good without it
  };
  std::vector<std::string> arguments;
  Need need = Need::required;
};

// In the order in which they are sent: HELLO with AUTH, name, SELECT, READONLY, tracking,
// subscriptions.
[[nodiscard]] std::vector<SessionStep> session_steps(const Session& session);

}  // namespace larder::redis

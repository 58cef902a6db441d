// What can be said about a Redis to use, as a value in which wrong combinations cannot be
// written; and its two forms for people: a URL, and named fields.
//
//   redis://user:password@host:6379/0                 rediss://...            one server
//   redis+unix:///run/redis.sock?db=2                                         one server
//   redis+sentinel://h1,h2:26380,[::1]/master/0       rediss+sentinel://...   a primary by name
//   redis+cluster://h1,h2:7001                        rediss+cluster://...    a cluster
//
// User and password stand together, with a colon, and are percent-encoded. All fields of the
// table in README.md may follow as query parameters; unknown and repeated ones are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/redis/pipeline.hpp>
#include <larder/runtime/tls.hpp>
#include <larder/secret.hpp>

namespace larder::redis {

inline constexpr std::uint16_t kServerPort = 6379;
inline constexpr std::uint16_t kSentinelPort = 26379;

struct Endpoint {
  std::string host;  // a name or an address; IPv6 without brackets
  std::uint16_t port = kServerPort;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Who we are to a server.
struct Credentials {
  std::string user{};           // empty = "default"
  Secret password{};            // empty = none
  std::string password_file{};  // read at each connect, instead of `password`; empty = none
};

struct TlsOptions {
  TlsClientOptions files{};
  std::string server_name{};  // expected in the certificate; empty = the host connected to
};

// Which server answers reads.
struct ReadPrimary {};
struct ReadPreferReplica {};  // a healthy replica, else the primary
struct ReadNearest {};        // the least smoothed round trip time, with hysteresis
struct ReadZone {             // a node of our own zone, else the nearest
  struct Rule {
    std::string pattern;  // of host names or addresses; * stands for any characters
    std::string zone;
  };
  std::string own;
  std::vector<Rule> rules;  // the first that matches counts
};
using ReadPolicy = std::variant<ReadPrimary, ReadPreferReplica, ReadNearest, ReadZone>;

struct Replicas {
  ReadPolicy read = ReadPrimary{};
  // Replicas further behind are left out. Zero = no bound.
  milliseconds lag_max{10'000};
};

struct TcpServer {
  Endpoint endpoint;
  std::optional<TlsOptions> tls{};
};
struct UnixServer {
  std::string path;
};

struct Standalone {
  std::variant<TcpServer, UnixServer> server;
  std::uint32_t database = 0;
};
struct Sentinel {
  std::vector<Endpoint> sentinels;  // one at least
  std::string master_name;
  Credentials sentinel_credentials{};
  std::optional<TlsOptions> tls{};  // of sentinels and servers alike
  std::uint32_t database = 0;
  Replicas replicas{};
};
struct Cluster {
  std::vector<Endpoint> seeds;  // one at least
  std::optional<TlsOptions> tls{};
  Replicas replicas{};
};
using Topology = std::variant<Standalone, Sentinel, Cluster>;

struct RedisOptions {
  static constexpr std::size_t kConnectionsMax = 64;
  static constexpr std::size_t kServersMax = 64;  // named in one URL

  Topology topology;
  Credentials credentials{};
  std::string client_name = "larder";  // shown by CLIENT LIST; empty = none
  // Multiplexed connections to each server from each thread, 1 to kConnectionsMax.
  std::size_t connections = 2;
  milliseconds connect_max{1000};  // one attempt, with TLS and session; above zero
  milliseconds backoff_min{50};    // between attempts, full jitter
  milliseconds backoff_max{5000};
  milliseconds refresh_every{30'000};    // topology, when nothing asks for it sooner
  std::uint32_t redirects_max = 16;      // MOVED and ASK in one call
  bool repeat_idempotent_writes = true;  // SET and DEL of unknown outcome are sent again
  PipelineLimits pipeline{};
};

// Errc::invalid_argument naming the part or field, the text found unless it may be secret,
// and what was expected. What it answers has been checked.
[[nodiscard]] Result<RedisOptions> parse_url(std::string_view url);

// Sets one field by its name in README.md, as a query parameter would. For configuration
// files. Errc::invalid_argument as above, also for a field that the topology does not have.
// `read` comes before `zone` and `zones`, as it does in alphabetical order.
[[nodiscard]] Result<void> set_field(RedisOptions& options, std::string_view name,
                                     std::string_view value);

// Whether the fields fit together: after the last set_field(). Errc::invalid_argument.
[[nodiscard]] Result<void> check(const RedisOptions& options);

// For logs: the URL of the topology with "***" for each password, without other fields.
[[nodiscard]] std::string masked_url(const RedisOptions& options);

}  // namespace larder::redis

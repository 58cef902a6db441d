#include <larder/redis/options.hpp>

#include <chrono>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder::redis {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

RedisOptions parsed(std::string_view url) {
  auto options = parse_url(url);
  EXPECT_TRUE(options) << url << ": " << (options ? "" : options.error().message());
  return options ? *options : RedisOptions{.topology = Cluster{}};
}

std::string error_of(std::string_view url) {
  const auto options = parse_url(url);
  if (options) {
    return "none";
  }
  EXPECT_EQ(options.error().code(), Errc::invalid_argument);
  return options.error().context();
}

TEST(RedisUrl, names_one_server) {
  const auto options = parsed("redis://user:pa%3Ass@example.org:7000/3");
  const auto& standalone = std::get<Standalone>(options.topology);
  const auto& server = std::get<TcpServer>(standalone.server);
  EXPECT_EQ(server.endpoint, (Endpoint{.host = "example.org", .port = 7000}));
  EXPECT_FALSE(server.tls);
  EXPECT_EQ(standalone.database, 3U);
  EXPECT_EQ(options.credentials.user, "user");
  EXPECT_EQ(options.credentials.password, Secret("pa:ss"));
}

TEST(RedisUrl, needs_nothing_but_a_host) {
  const auto options = parsed("redis://cache");
  const auto& standalone = std::get<Standalone>(options.topology);
  EXPECT_EQ(std::get<TcpServer>(standalone.server).endpoint, (Endpoint{"cache", 6379}));
  EXPECT_TRUE(options.credentials.password.empty());
  EXPECT_EQ(std::get<Standalone>(parsed("redis://cache/").topology).database, 0U);
}

TEST(RedisUrl, takes_a_password_without_a_user_and_a_user_without_a_password) {
  EXPECT_EQ(parsed("redis://:secret@h").credentials.password, Secret("secret"));
  EXPECT_EQ(parsed("redis://:secret@h").credentials.user, "");
  EXPECT_EQ(parsed("redis://guest:@h").credentials.user, "guest");
  EXPECT_EQ(parsed("redis://:a:b@c@h").credentials.password, Secret("a:b@c"));
}

// T14: IPv6 literals in the URL.
TEST(RedisUrl, takes_ipv6_addresses_in_brackets) {
  const auto endpoint = [](std::string_view url) {
    return std::get<TcpServer>(std::get<Standalone>(parsed(url).topology).server).endpoint;
  };
  EXPECT_EQ(endpoint("redis://[::1]:7000/0"), (Endpoint{"::1", 7000}));
  EXPECT_EQ(endpoint("redis://:p@[2001:db8::7]"), (Endpoint{"2001:db8::7", 6379}));
  EXPECT_EQ(endpoint("redis://[fe80::1%eth0]"), (Endpoint{"fe80::1%eth0", 6379}));
}

TEST(RedisUrl, encrypts_with_two_s) {
  const auto options = parsed(
      "rediss://h?ca_file=/etc/ca.pem&cert_file=/etc/c.pem&key_file=/etc/k.pem&server_name=cache");
  const auto& tls = std::get<TcpServer>(std::get<Standalone>(options.topology).server).tls;
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->files.ca_file, "/etc/ca.pem");
  EXPECT_EQ(tls->files.cert_file, "/etc/c.pem");
  EXPECT_EQ(tls->files.key_file, "/etc/k.pem");
  EXPECT_EQ(tls->server_name, "cache");
}

TEST(RedisUrl, names_a_unix_socket) {
  const auto options = parsed("redis+unix://u:p@/run/my%20redis.sock?db=2");
  const auto& standalone = std::get<Standalone>(options.topology);
  EXPECT_EQ(std::get<UnixServer>(standalone.server).path, "/run/my redis.sock");
  EXPECT_EQ(standalone.database, 2U);
  EXPECT_EQ(options.credentials.user, "u");
}

TEST(RedisUrl, names_a_primary_by_its_sentinels) {
  const auto options = parsed(
      "redis+sentinel://:p@h1,h2:26380,[::1]/my-master/4?sentinel_user=s&sentinel_password=t");
  const auto& sentinel = std::get<Sentinel>(options.topology);
  EXPECT_THAT(sentinel.sentinels,
              ElementsAre(Endpoint{"h1", 26379}, Endpoint{"h2", 26380}, Endpoint{"::1", 26379}));
  EXPECT_EQ(sentinel.master_name, "my-master");
  EXPECT_EQ(sentinel.database, 4U);
  EXPECT_EQ(sentinel.sentinel_credentials.user, "s");
  EXPECT_EQ(sentinel.sentinel_credentials.password, Secret("t"));
  EXPECT_FALSE(sentinel.tls);
  EXPECT_TRUE(std::get<Sentinel>(parsed("rediss+sentinel://h/m").topology).tls);
}

TEST(RedisUrl, names_a_cluster_by_its_seeds) {
  const auto options = parsed("rediss+cluster://h1,h2:7001/0?read=nearest&lag_max=2s");
  const auto& cluster = std::get<Cluster>(options.topology);
  EXPECT_THAT(cluster.seeds, ElementsAre(Endpoint{"h1", 6379}, Endpoint{"h2", 7001}));
  EXPECT_TRUE(cluster.tls);
  EXPECT_TRUE(std::holds_alternative<ReadNearest>(cluster.replicas.read));
  EXPECT_EQ(cluster.replicas.lag_max, 2s);
}

TEST(RedisUrl, maps_addresses_to_zones_in_any_order_of_the_fields) {
  const auto options =
      parsed("redis+cluster://h?zones=10.1.*%3Dwest,10.2.*=east&zone=east&read=zone");
  const auto& read = std::get<ReadZone>(std::get<Cluster>(options.topology).replicas.read);
  EXPECT_EQ(read.own, "east");
  ASSERT_EQ(read.rules.size(), 2U);
  EXPECT_EQ(read.rules[0].pattern, "10.1.*");
  EXPECT_EQ(read.rules[0].zone, "west");
  EXPECT_EQ(read.rules[1].zone, "east");
}

TEST(RedisUrl, sets_every_other_field) {
  const auto options = parsed(
      "redis://h?user=u&password_file=/run/pw&client_name=gw-1&connections=4&connect_max=2s"
      "&session_max=3s&backoff_min=10ms&backoff_max=1m&refresh_every=1h&redirects_max=5"
      "&repeat_idempotent_writes=false&commands_max=10&bytes_max=1MiB&reply_bytes_max=2KiB"
      "&wait_max=0s&ping_after=5s&silence_max=6s&db=7");
  EXPECT_EQ(options.credentials.user, "u");
  EXPECT_EQ(options.credentials.password_file, "/run/pw");
  EXPECT_EQ(options.client_name, "gw-1");
  EXPECT_EQ(options.connections, 4U);
  EXPECT_EQ(options.connect_max, 2s);
  EXPECT_EQ(options.pipeline.session_max, 3s);
  EXPECT_EQ(options.backoff_min, 10ms);
  EXPECT_EQ(options.backoff_max, 1min);
  EXPECT_EQ(options.refresh_every, 1h);
  EXPECT_EQ(options.redirects_max, 5U);
  EXPECT_FALSE(options.repeat_idempotent_writes);
  EXPECT_EQ(options.pipeline.commands_max, 10U);
  EXPECT_EQ(options.pipeline.bytes_max, 1U << 20);
  EXPECT_EQ(options.pipeline.resp.frame_bytes_max, 2048U);
  EXPECT_EQ(options.pipeline.wait_max, 0s);
  EXPECT_EQ(options.pipeline.ping_after, 5s);
  EXPECT_EQ(options.pipeline.silence_max, 6s);
  EXPECT_EQ(std::get<Standalone>(options.topology).database, 7U);
}

TEST(RedisUrl, says_what_is_wrong_with_which_part) {
  EXPECT_THAT(error_of("http://h"), HasSubstr("scheme: expected redis://, rediss://"));
  EXPECT_THAT(error_of("h:6379"), HasSubstr("scheme"));
  EXPECT_THAT(error_of(""), HasSubstr("scheme"));
  EXPECT_EQ(error_of("redis://"), "redis url: host: expected a name or an address, got ''");
  EXPECT_EQ(error_of("redis://h:x"), "redis url: port: expected 1 to 65535, got 'h:x'");
  EXPECT_THAT(error_of("redis://h:0"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://h:65536"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://[::1]7"), HasSubstr("port"));
  EXPECT_THAT(error_of("redis://::1"), HasSubstr("must stand in brackets"));
  EXPECT_THAT(error_of("redis://[::g]"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("redis://[::1"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("redis://a b"), HasSubstr("host"));
  EXPECT_THAT(error_of("redis://a,b"), HasSubstr("hosts: one only"));
  EXPECT_THAT(error_of("redis://h/x"), HasSubstr("db: expected a number from 0 to 65535, got 'x'"));
  EXPECT_THAT(error_of("redis://h#1"), HasSubstr("fragment"));
  EXPECT_THAT(error_of("redis+unix://run/redis.sock"), HasSubstr("redis+unix:///"));
  EXPECT_THAT(error_of("redis+unix://"), HasSubstr("redis+unix:///"));
  EXPECT_THAT(error_of("redis+unix:///a%00b"), HasSubstr("redis+unix:///"));
  EXPECT_THAT(error_of("redis+unix:///" + std::string(108, 'x')), HasSubstr("longer than"));
  EXPECT_THAT(error_of("redis+sentinel://h"), HasSubstr("path: expected the name"));
  EXPECT_THAT(error_of("redis+sentinel:///m"), HasSubstr("host"));
  EXPECT_THAT(error_of("redis+sentinel://h,/m"), HasSubstr("host"));
  EXPECT_THAT(error_of("redis+sentinel://h/m/x"), HasSubstr("db"));
}

// C15: DB index != 0 with a cluster is a configuration error.
TEST(RedisUrl, refuses_combinations_that_cannot_be) {
  EXPECT_THAT(error_of("redis+cluster://h/1"), HasSubstr("db: a cluster has database 0 only"));
  EXPECT_THAT(error_of("redis+cluster://h?db=1"), HasSubstr("database 0 only"));
  EXPECT_THAT(error_of("redis://h?ca_file=/x"), HasSubstr("ca_file: only for rediss://"));
  EXPECT_THAT(error_of("redis+unix:///s?ca_file=/x"), HasSubstr("ca_file: only for rediss://"));
  EXPECT_THAT(error_of("redis://h?read=nearest"), HasSubstr("read: only for redis+sentinel://"));
  EXPECT_THAT(error_of("redis+cluster://h?sentinel_user=x"), HasSubstr("only for redis+sentinel"));
  EXPECT_THAT(error_of("redis+cluster://h?zone=a"), HasSubstr("zone: only for read=zone"));
  EXPECT_THAT(error_of("redis+cluster://h?read=zone"), HasSubstr("needs zone and zones"));
  EXPECT_THAT(error_of("rediss://h?cert_file=/c"), HasSubstr("only together with key_file"));
  EXPECT_THAT(error_of("redis://h?backoff_min=2s&backoff_max=1s"), HasSubstr("backoff_min"));
  EXPECT_EQ(error_of("redis://:p@h?password_file=/f"),
            "redis: password: not together with password_file");
}

TEST(RedisUrl, refuses_unknown_repeated_and_malformed_fields) {
  EXPECT_EQ(error_of("redis://h?conections=2"), "redis: no field is named 'conections'");
  EXPECT_THAT(error_of("redis://h?connections=2&connections=3"), HasSubstr("written twice"));
  EXPECT_THAT(error_of("redis://h?connections"), HasSubstr("name=value"));
  EXPECT_THAT(error_of("redis://h?client_name=%2"), HasSubstr("percent-encoded"));
  EXPECT_EQ(error_of("redis://h?connections=65"),
            "redis: connections: expected a number from 1 to 64, got '65'");
  EXPECT_EQ(error_of("redis://h?connect_max=5"),
            "redis: connect_max: expected a time (500ms, 60s, 5m, 1h) from 1ms to 5m, got '5'");
  EXPECT_EQ(error_of("redis://h?bytes_max=1b"),
            "redis: bytes_max: expected a size (512B, 64KiB, 16MiB, 2GiB) from 1KiB to 16GiB, "
            "got '1b'");
  EXPECT_THAT(error_of("redis://h?repeat_idempotent_writes=yes"), HasSubstr("true or false"));
  EXPECT_THAT(error_of("redis://h?client_name=a%20b"), HasSubstr("without spaces"));
  EXPECT_THAT(error_of("redis+cluster://h?read=any"), HasSubstr("expected primary"));
  EXPECT_THAT(error_of("redis+cluster://h?read=zone&zones=a"), HasSubstr("pattern=zone"));
}

TEST(RedisUrl, never_shows_what_may_be_a_password) {
  for (const std::string_view url :
       {"redis://hunter2@h", "redis://:hunter2/x@h", "redis://:hunter2?x@h", "redis://:x#hunter2@h",
        "redis://:hunter2%zz@h", "hunter2@h", "redis:hunter2@h", "redis://u:hunter2@h:port",
        "redis://u:hunter2@h/x", "redis://h?password=hunter2&password=hunter2",
        "redis://h?password=hunter2&password_file=/x",
        "redis+cluster://h?sentinel_password=hunter2", "redis+unix://:hunter2@h/x"}) {
    EXPECT_THAT(error_of(url), Not(HasSubstr("hunter2"))) << url;
    EXPECT_NE(error_of(url), "none") << url;
  }
}

TEST(MaskedUrl, shows_the_topology_and_no_password) {
  const auto masked = [](std::string_view url) { return masked_url(parsed(url)); };
  EXPECT_EQ(masked("redis://h"), "redis://h:6379/0");
  EXPECT_EQ(masked("rediss://a%40b:hunter2@[::1]:7/3"), "rediss://a%40b:***@[::1]:7/3");
  EXPECT_EQ(masked("redis://h?password_file=/f"), "redis://:***@h:6379/0");
  EXPECT_EQ(masked("redis://guest:@h"), "redis://guest:@h:6379/0");
  EXPECT_EQ(masked("redis+unix://:x@/run/a%20b?db=2"), "redis+unix://:***@/run/a%20b?db=2");
  EXPECT_EQ(masked("rediss+sentinel://:x@a,b:1/m?sentinel_password=hunter2"),
            "rediss+sentinel://:***@a:26379,b:1/m/0");
  EXPECT_EQ(masked("redis+cluster://a,b?read=nearest"), "redis+cluster://a:6379,b:6379");
}

TEST(MaskedUrl, is_read_back_as_the_same_topology) {
  for (const std::string_view url :
       {"redis://h:7/3", "redis+unix:///run/a%20b?db=2", "rediss+sentinel://a,[::1]:1/m%2Fn/2",
        "redis+cluster://a,b:7"}) {
    const std::string once = masked_url(parsed(url));
    EXPECT_EQ(masked_url(parsed(once)), once);
  }
}

}  // namespace
}  // namespace larder::redis

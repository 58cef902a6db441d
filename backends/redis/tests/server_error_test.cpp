#include <larder/redis/server_error.hpp>

#include <string>

#include <gtest/gtest.h>

namespace larder::redis {
namespace {

TEST(ServerError, is_classified_by_its_first_word) {
  EXPECT_EQ(classify("MOVED 3999 127.0.0.1:6381"), ServerError::moved);
  EXPECT_EQ(classify("ASK 3999 127.0.0.1:6381"), ServerError::ask);
  EXPECT_EQ(classify("TRYAGAIN Multiple keys request during rehashing of slot"),
            ServerError::try_again);
  EXPECT_EQ(classify("CLUSTERDOWN The cluster is down"), ServerError::cluster_down);
  EXPECT_EQ(classify("CROSSSLOT Keys in request don't hash to the same slot"),
            ServerError::cross_slot);
  EXPECT_EQ(classify("LOADING Redis is loading the dataset in memory"), ServerError::loading);
  EXPECT_EQ(classify("MASTERDOWN Link with MASTER is down"), ServerError::master_down);
  EXPECT_EQ(classify("READONLY You can't write against a read only replica."),
            ServerError::read_only);
  EXPECT_EQ(classify("NOSCRIPT No matching script."), ServerError::no_script);
  EXPECT_EQ(classify("BUSY Redis is busy running a script."), ServerError::busy);
  EXPECT_EQ(classify("OOM command not allowed"), ServerError::out_of_memory);
  EXPECT_EQ(classify("NOREPLICAS Not enough good replicas to write."), ServerError::no_replicas);
  EXPECT_EQ(classify("MISCONF Errors writing to the AOF file"), ServerError::cannot_persist);
  EXPECT_EQ(classify("ERR max number of clients reached"), ServerError::full_of_clients);
  EXPECT_EQ(classify("NOAUTH Authentication required."), ServerError::denied);
  EXPECT_EQ(classify("WRONGPASS invalid username-password pair"), ServerError::denied);
  EXPECT_EQ(classify("NOPERM this user has no permissions"), ServerError::denied);
  EXPECT_EQ(classify("DENIED Redis is running in protected mode"), ServerError::denied);
  EXPECT_EQ(classify("NOPROTO unsupported protocol version"), ServerError::no_protocol);
  EXPECT_EQ(classify("ERR unknown command `HELLO`, with args beginning with: `3`"),
            ServerError::no_protocol);
  EXPECT_EQ(classify("BUSYGROUP Consumer Group name already exists"), ServerError::other);
  EXPECT_EQ(classify("ERR unknown command 'GETT'"), ServerError::other);
  EXPECT_EQ(classify(""), ServerError::other);
}

TEST(ServerError, says_what_the_caller_may_do) {
  EXPECT_EQ(to_error("TRYAGAIN x").advice(), Advice::later);
  EXPECT_EQ(to_error("OOM x").code(), Errc::storage_full);
  EXPECT_EQ(to_error("NOPERM x").code(), Errc::access_denied);
  EXPECT_EQ(to_error("NOPERM x").advice(), Advice::never);
  EXPECT_EQ(to_error("ERR Error running script").advice(), Advice::unknown_outcome);
}

TEST(ServerError, is_shortened_and_kept_on_one_line) {
  const Error error = to_error("ERR a\nb\x01" + std::string(1000, 'x'));
  EXPECT_TRUE(error.context().starts_with("server: ERR a b xxx"));
  EXPECT_EQ(error.context().size(), std::string_view("server: ").size() + kServerTextMax);
}

TEST(Redirect, points_to_the_slots_owner) {
  EXPECT_EQ(parse_redirect("MOVED 3999 127.0.0.1:6381"),
            (Redirect{.slot = 3999, .host = "127.0.0.1", .port = 6381}));
  EXPECT_EQ(parse_redirect("ASK 0 node-7.example:7000"),
            (Redirect{.slot = 0, .host = "node-7.example", .port = 7000}));
}

TEST(Redirect, splits_ipv6_addresses_at_the_last_colon) {
  EXPECT_EQ(parse_redirect("MOVED 1 fe80::1:6381"),
            (Redirect{.slot = 1, .host = "fe80::1", .port = 6381}));
  EXPECT_EQ(parse_redirect("MOVED 1 [fe80::1]:6381"),
            (Redirect{.slot = 1, .host = "fe80::1", .port = 6381}));
}

TEST(Redirect, may_leave_out_the_host) {
  EXPECT_EQ(parse_redirect("MOVED 16383 :6380"),
            (Redirect{.slot = 16383, .host = "", .port = 6380}));
}

TEST(Redirect, is_none_when_malformed) {
  for (const char* text :
       {"", "MOVED", "MOVED ", "MOVED 1", "MOVED 1 ", "MOVED x a:1", "MOVED 16384 a:1",
        "MOVED -1 a:1", "MOVED 1 a", "MOVED 1 a:", "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 1 a:1x",
        "MOVED 1 a b:1", "MOVEDX 1 a:1", "ERR 1 a:1"}) {
    EXPECT_EQ(parse_redirect(text), std::nullopt) << text;
  }
}

TEST(ServerError, leaves_out_the_arguments_that_a_server_echoes) {
  const Error error = to_error(
      "ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `hunter2`");
  EXPECT_EQ(error.message(), "unsupported: server: ERR unknown command `HELLO`");
}

}  // namespace
}  // namespace larder::redis

#include <string>

#include <gtest/gtest.h>

#include <larder/testkit/conformance.hpp>
#include <larder/testkit/run.hpp>

#include "remote_store.hpp"

namespace larder::testkit {
namespace {

LARDER_CONFORMANCE(remote, RemoteStore);

constexpr std::size_t kOneItem = 1;

awaitable<void> counts_in_two_processes(std::int64_t& sum) {
  RemoteStore place;
  auto first = co_await place.open();
  auto second = co_await place.open();
  EXPECT_TRUE(first && second);
  const Addition addition{.key = Key::literal("test", "a"), .delta = 1};
  for (const auto* store : {&first, &second}) {
    const auto sums = co_await (**store)->add(std::span(&addition, kOneItem), kNoDeadline);
    sum = sums.front().value_or(-1);
  }
  co_await (*first)->close();
  co_await (*second)->close();
}

TEST(RemoteBackend, shares_one_store_with_others) {
  std::int64_t sum = 0;
  run(counts_in_two_processes(sum));
  EXPECT_EQ(sum, 2);
}

awaitable<void> opens_where_nobody_listens(std::string& said) {
  RemoteStore place;
  RemoteStore::process().kill();
  const auto opened = co_await place.open();
  said = opened ? "opened" : std::string(to_string(opened.error().code()));
}

TEST(RemoteBackend, is_unavailable_where_nobody_listens) {
  std::string said;
  run(opens_where_nobody_listens(said));
  EXPECT_EQ(said, "unavailable");
}

}  // namespace
}  // namespace larder::testkit

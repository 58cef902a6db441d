#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/testkit/conformance.hpp>
#include <larder/testkit/models.hpp>
#include <larder/testkit/run.hpp>
#include <larder/testkit/tcp_gate.hpp>

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

// ---- through a gate -------------------------------------------------------------------

awaitable<void> until_it_answers(CacheBackend& store) {
  const auto executor = co_await boost::asio::this_coro::executor;
  while (!(co_await store.ping(kNoDeadline)).has_value()) {
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
}

awaitable<Result<std::int64_t>> add(CacheBackend& store, std::int64_t delta) {
  const Addition addition{.key = Key::literal("test", "a"), .delta = delta};
  auto sums = co_await store.add(std::span(&addition, kOneItem), kNoDeadline);
  co_return std::move(sums.front());
}

struct Broken {
  std::optional<Error> error;
  std::int64_t sum = -1;
};

// The server has the request but has not answered when the connection breaks.
awaitable<void> add_while_the_connection_breaks(Broken& broken) {
  RemoteStore place;
  TcpGate gate(RemoteStore::process().port());
  auto store = co_await RemoteBackend::open(place.clock(), gate.port(), kNoDeadline);
  RemoteStore::process().freeze();
  const std::uint64_t before = gate.counts().bytes_to_server;
  auto adding = start(co_await boost::asio::this_coro::executor, add(**store, 1));
  const std::function<bool()> arrived = [&] { return gate.counts().bytes_to_server > before; };
  co_await yield_until(arrived);
  gate.cut(Cut::reset);
  const auto answer = co_await adding.answer();
  if (!answer) {
    broken.error = answer.error();
  }
  RemoteStore::process().thaw();
  co_await until_it_answers(**store);
  broken.sum = (co_await add(**store, 0)).value_or(-1);
  co_await (*store)->close();
}

TEST(RemoteBackend, does_not_know_what_became_of_a_write_when_the_connection_breaks) {
  Broken broken;
  run(add_while_the_connection_breaks(broken));
  ASSERT_TRUE(broken.error.has_value());
  EXPECT_EQ(broken.error->code(), Errc::unavailable);
  EXPECT_EQ(broken.error->advice(), Advice::unknown_outcome);
  EXPECT_TRUE(broken.sum == 0 || broken.sum == 1) << broken.sum;
}

struct BadNetwork {
  CacheBackend& store;
  TcpGate& gate;
  History<CounterModel> history{};
};

awaitable<void> count_and_cut(BadNetwork& network, std::size_t client) {
  constexpr int kSteps = 15;
  const Key key = Key::literal("test", "a");
  for (int step = 0; step < kSteps; ++step) {
    co_await perform(network.store, key, network.history, client, {.delta = 1}, kNoDeadline);
    if (step % 5 == static_cast<int>(client)) {
      network.gate.cut(Cut::reset);
      co_await until_it_answers(network.store);
    }
  }
}

awaitable<Verdict> count_over_a_bad_network() {
  RemoteStore place;
  TcpGate gate(RemoteStore::process().port());
  auto store = co_await RemoteBackend::open(place.clock(), gate.port(), kNoDeadline);
  BadNetwork network{.store = **store, .gate = gate};
  std::vector<Started<bool>> clients;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto client = [&network](std::size_t number) -> awaitable<bool> {
    co_await count_and_cut(network, number);
    co_return true;
  };
  for (std::size_t number = 0; number < 4; ++number) {
    clients.push_back(start(executor, client(number)));
  }
  for (auto& one : clients) {
    co_await one.answer();
  }
  co_await (*store)->close();
  co_return check(network.history);
}

TEST(RemoteBackend, counts_nothing_twice_over_a_network_that_breaks) {
  const Verdict verdict = run(count_over_a_bad_network());
  EXPECT_EQ(verdict.outcome, Outcome::linearisable) << verdict.text;
}

}  // namespace
}  // namespace larder::testkit

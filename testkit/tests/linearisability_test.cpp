#include <larder/testkit/linearisability.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <larder/testkit/models.hpp>

namespace larder::testkit {
namespace {

using testing::HasSubstr;

TEST(Linearisability, accepts_overlapping_answers_in_any_order) {
  History<CounterModel> history;
  const auto first = history.call(0, {.delta = 1});
  const auto second = history.call(1, {.delta = 1});
  history.answered(first, {.sum = 2});
  history.answered(second, {.sum = 1});
  EXPECT_EQ(check(history).outcome, Outcome::linearisable);
}

TEST(Linearisability, refuses_an_answer_from_before_the_call) {
  History<CounterModel> history;
  const auto first = history.call(0, {.delta = 1});
  history.answered(first, {.sum = 2});
  const auto second = history.call(1, {.delta = 1});
  history.answered(second, {.sum = 1});
  EXPECT_EQ(check(history).outcome, Outcome::not_linearisable);
}

TEST(Linearisability, shows_the_shortest_beginning_that_has_no_order) {
  History<CounterModel> history;
  const auto first = history.call(0, {.delta = 1});
  const auto second = history.call(1, {.delta = 5});
  history.answered(first, {.sum = 1});
  history.answered(second, {.sum = 5});
  const auto later = history.call(2, {.delta = 7});
  history.answered(later, {.sum = 12});
  const Verdict verdict = check(history);
  ASSERT_EQ(verdict.outcome, Outcome::not_linearisable);
  EXPECT_EQ(verdict.text,
            "no order explains these answers (called..returned, client, operation -> answer; # is "
            "the place in the order that comes furthest):\n"
            "  #1      1..    3  client 0  add 1 -> 1\n"
            "          2..    4  client 1  add 5 -> 5   <- impossible\n"
            "  that order ends in the state: sum 1");
}

TEST(Linearisability, lets_an_unknown_outcome_have_happened_later_or_not_at_all) {
  for (const std::int64_t seen : {0, 3}) {
    History<CounterModel> history;
    (void)history.call(0, {.delta = 3});
    const auto read = history.call(1, {.delta = 0});
    history.answered(read, {.sum = seen});
    const auto again = history.call(1, {.delta = 0});
    history.answered(again, {.sum = 3});
    EXPECT_EQ(check(history).outcome, Outcome::linearisable) << seen;
  }
}

TEST(Linearisability, lets_an_unknown_outcome_happen_once_only) {
  History<CounterModel> history;
  (void)history.call(0, {.delta = 3});
  const auto read = history.call(1, {.delta = 0});
  history.answered(read, {.sum = 6});
  EXPECT_EQ(check(history).outcome, Outcome::not_linearisable);
}

TEST(Linearisability, forgets_what_did_nothing) {
  History<CounterModel> history;
  const auto refused = history.call(0, {.delta = 3});
  history.nothing_done(refused);
  const auto read = history.call(1, {.delta = 0});
  history.answered(read, {.sum = 3});
  EXPECT_EQ(check(history).outcome, Outcome::not_linearisable);
}

TEST(Linearisability, says_undecided_at_its_bounds) {
  History<QuotaModel> history;
  std::vector<std::size_t> calls;
  for (std::size_t client = 0; client < 12; ++client) {
    calls.push_back(history.call(client, {.cost = static_cast<std::uint32_t>(1 + client % 3)}));
  }
  for (const std::size_t call : calls) {
    history.answered(call, {.allowed = true, .remaining = 1});
  }
  const Verdict configurations = check(history, {.configurations_max = 3});
  EXPECT_EQ(configurations.outcome, Outcome::not_linearisable)
      << "only one client can have been left that much, so three configurations suffice";
  const Verdict operations = check(history, {.operations_max = 11});
  EXPECT_EQ(operations.outcome, Outcome::undecided);
  EXPECT_THAT(operations.text, HasSubstr("operations_max"));
}

KeyModel::Output stored(std::uint64_t version) {
  return {.done = true, .version = Version(version)};
}

KeyModel::Output found(std::string text, std::uint64_t version) {
  return {.found = KeyModel::Value{.text = std::move(text), .version = Version(version)}};
}

KeyModel::Output granted(std::uint64_t token) {
  return {.lease = LeaseState::granted, .token = LeaseToken(token)};
}

// One client, one operation after another.
Outcome sequence(std::vector<std::pair<KeyModel::Input, KeyModel::Output>> steps) {
  History<KeyModel> history;
  for (auto& [input, output] : steps) {
    const auto operation = history.call(0, std::move(input));
    history.answered(operation, std::move(output));
  }
  return check(history).outcome;
}

constexpr Outcome kYes = Outcome::linearisable;
constexpr Outcome kNo = Outcome::not_linearisable;

TEST(KeyModel, knows_values_and_conditions) {
  const KeyModel::Put a{.text = "a"};
  const KeyModel::Put if_absent{.text = "b", .condition = IfAbsent()};
  const KeyModel::Put if_first{.text = "b", .condition = IfVersion{.version = Version(1)}};
  EXPECT_EQ(sequence({{a, stored(1)}, {KeyModel::Get(), found("a", 1)}}), kYes);
  EXPECT_EQ(sequence({{a, stored(1)}, {KeyModel::Get(), {}}}), kNo);
  EXPECT_EQ(sequence({{a, stored(1)}, {KeyModel::Get(), found("a", 2)}}), kNo);
  EXPECT_EQ(sequence({{a, stored(1)}, {a, stored(1)}}), kNo) << "a version twice";
  EXPECT_EQ(sequence({{a, stored(1)}, {if_absent, {}}}), kYes);
  EXPECT_EQ(sequence({{a, stored(1)}, {if_absent, stored(2)}}), kNo);
  EXPECT_EQ(sequence({{a, stored(1)}, {if_first, stored(2)}, {if_first, {}}}), kYes);
  EXPECT_EQ(sequence({{a, stored(1)}, {a, stored(2)}, {if_first, stored(3)}}), kNo);
  EXPECT_EQ(sequence({{a, stored(1)}, {KeyModel::Erase(), {.done = true}}, {if_first, {}}}), kYes);
  EXPECT_EQ(sequence({{KeyModel::Erase(), {.done = true}}}), kNo);
}

TEST(KeyModel, knows_leases) {
  const KeyModel::Fill fill{.text = "f", .token = LeaseToken(1)};
  const KeyModel::Ask ask;
  const KeyModel::Put put{.text = "p"};
  const KeyModel::Output busy{.lease = LeaseState::busy};
  const KeyModel::Output done{.done = true};
  EXPECT_EQ(sequence({{ask, granted(1)}, {ask, busy}, {fill, done}}), kYes);
  EXPECT_EQ(sequence({{ask, granted(1)}, {ask, granted(2)}}), kNo);
  EXPECT_EQ(sequence({{ask, granted(1)}, {put, stored(1)}, {fill, {}}}), kYes);
  EXPECT_EQ(sequence({{ask, granted(1)}, {put, stored(1)}, {fill, done}}), kNo);
  EXPECT_EQ(sequence({{ask, granted(1)}, {KeyModel::Erase(), {}}, {fill, done}}), kNo);
  EXPECT_EQ(sequence({{ask, granted(1)}, {fill, done}, {fill, done}}), kNo);
  EXPECT_EQ(sequence({{ask, granted(2)}, {KeyModel::Erase(), {}}, {ask, granted(1)}}), kNo)
      << "a token that does not grow";
  const KeyModel::Release release{.token = LeaseToken(1)};
  EXPECT_EQ(sequence({{ask, granted(1)}, {release, done}, {release, {}}, {ask, granted(2)}}), kYes);
  const KeyModel::Renew renew{.token = LeaseToken(1)};
  EXPECT_EQ(sequence({{ask, granted(1)}, {renew, done}, {release, done}, {renew, done}}), kNo);
}

TEST(KeyModel, takes_a_version_it_has_not_seen_from_the_next_read) {
  const KeyModel::Fill fill{.text = "f", .token = LeaseToken(1)};
  const KeyModel::Put if_nine{.text = "b", .condition = IfVersion{.version = Version(9)}};
  const KeyModel::Ask ask;
  EXPECT_EQ(sequence({{ask, granted(1)},
                      {fill, {.done = true}},
                      {KeyModel::Get(), found("f", 9)},
                      {if_nine, stored(10)}}),
            kYes);
  EXPECT_EQ(sequence({{ask, granted(1)},
                      {fill, {.done = true}},
                      {KeyModel::Get(), found("f", 8)},
                      {if_nine, stored(10)}}),
            kNo);
}

// The order that every permutation gives: slow and plainly right.
bool has_order_by_brute_force(const std::vector<History<QuotaModel>::Operation>& operations) {
  std::vector<std::size_t> order(operations.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  do {
    QuotaModel::State state = 0;
    bool fits = true;
    for (std::size_t i = 0; fits && i < order.size(); ++i) {
      const auto& one = operations[order[i]];
      for (std::size_t j = i + 1; fits && j < order.size(); ++j) {
        fits = operations[order[j]].returned > one.called;
      }
      const auto next = QuotaModel::step(state, one.input, one.answer);
      fits = fits && next.has_value();
      state = next.value_or(0);
    }
    if (fits) {
      return true;
    }
  } while (std::ranges::next_permutation(order).found);
  return false;
}

TEST(Linearisability, agrees_with_trying_every_order) {
  std::mt19937 random(20'170'501);
  const auto draw = [&random](std::uint32_t below) {
    return static_cast<std::uint32_t>(random() % below);
  };
  std::array<int, 2> verdicts{};
  for (int round = 0; round < 2000; ++round) {
    History<QuotaModel> history;
    std::vector<std::size_t> open;
    std::uint32_t taken = 0;
    for (int step = 0; step < 8; ++step) {
      if (open.size() < 3 && draw(2) == 0) {
        open.push_back(history.call(open.size(), {.cost = 1}));
      } else if (!open.empty()) {
        const std::size_t place = draw(static_cast<std::uint32_t>(open.size()));
        taken += draw(8) == 0 ? 2 : 1;
        history.answered(open[place], {.allowed = true, .remaining = QuotaModel::kBurst - taken});
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
      }
    }
    for (const std::size_t operation : open) {
      history.nothing_done(operation);
    }
    const bool expected = has_order_by_brute_force(history.operations());
    ++verdicts[expected ? 1 : 0];
    EXPECT_EQ(check(history).outcome, expected ? kYes : kNo) << check(history).text;
  }
  EXPECT_GT(verdicts[0], 100);
  EXPECT_GT(verdicts[1], 100);
}

}  // namespace
}  // namespace larder::testkit

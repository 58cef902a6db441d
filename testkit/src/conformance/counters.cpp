// add: atomic sums that never wrap.
#include <algorithm>
#include <limits>
#include <numeric>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

awaitable<Result<std::int64_t>> try_add(Trial& trial, Addition addition) {
  auto batch = co_await trial.store().add(std::span(&addition, 1), trial.soon());
  co_return trial.only(std::move(batch), "add");
}

awaitable<std::int64_t> add(Trial& trial, Key key, std::int64_t delta,
                            milliseconds life = milliseconds(0), Where where = Where::current()) {
  const Addition addition{.key = std::move(key), .delta = delta, .life = life};
  co_return trial.must(co_await try_add(trial, addition), "add", where);
}

awaitable<void> starts_a_missing_counter_at_zero(Trial& trial) {
  const Key key = trial.key("a");
  trial.equal(co_await add(trial, key, 0), 0, "delta 0 on a missing counter");
  trial.equal(co_await add(trial, key, 5), 5, "the first sum");
  trial.equal(co_await add(trial, key, -12), -7, "after a negative delta");
  trial.equal(co_await add(trial, key, 0), -7, "delta 0 reads");
  trial.equal(co_await add(trial, trial.key("b"), 1), 1, "another counter");
}

awaitable<void> adds_the_items_of_a_batch_one_after_another(Trial& trial) {
  const Key key = trial.key("a");
  const std::vector<Addition> additions{{.key = key, .delta = 1},
                                        {.key = trial.key("b"), .delta = 10},
                                        {.key = key, .delta = 1},
                                        {.key = key, .delta = 1}};
  const auto sums = trial.must(co_await trial.store().add(additions, trial.soon()), 4, "add");
  trial.equal(sums, std::vector<std::int64_t>{1, 10, 2, 3}, "the sums");
}

awaitable<void> changes_nothing_when_the_sum_does_not_fit(Trial& trial) {
  const Key high = trial.key("high");
  const Key low = trial.key("low");
  trial.equal(co_await add(trial, high, Limits::max()), Limits::max(), "the largest sum");
  trial.equal(co_await add(trial, low, Limits::min()), Limits::min(), "the smallest sum");
  for (const std::int64_t delta : {std::int64_t{1}, Limits::max()}) {
    trial.fails(co_await try_add(trial, {.key = high, .delta = delta}), Errc::out_of_range,
                "a sum too large");
  }
  for (const std::int64_t delta : {std::int64_t{-1}, Limits::min()}) {
    trial.fails(co_await try_add(trial, {.key = low, .delta = delta}), Errc::out_of_range,
                "a sum too small");
  }
  trial.equal(co_await add(trial, high, 0), Limits::max(), "after the sums too large");
  trial.equal(co_await add(trial, low, 0), Limits::min(), "after the sums too small");
  trial.equal(co_await add(trial, high, Limits::min()), -1, "from the largest to below zero");
}

awaitable<void> ends_a_counter_with_the_life_it_was_created_with(Trial& trial) {
  constexpr milliseconds kLife{400};
  const Key key = trial.key("a");
  co_await add(trial, key, 1, kLife);
  co_await trial.pass_almost(kLife);
  trial.equal(co_await add(trial, key, 1, kLife), 2, "just before the life ends");
  co_await trial.pass_rest();
  trial.equal(co_await add(trial, key, 1, kLife), 1, "when the life has ended");
  const Key endless = trial.key("b");
  co_await add(trial, endless, 1);
  co_await add(trial, endless, 1, kLife);
  co_await trial.pass(kLife);
  trial.equal(co_await add(trial, endless, 1, kLife), 3, "a counter created without a life");
}

awaitable<void> does_nothing_when_the_deadline_is_past(Trial& trial) {
  const Addition addition{.key = trial.key("a"), .delta = 5};
  auto batch = co_await trial.store().add(std::span(&addition, 1), trial.past());
  trial.fails(trial.only(std::move(batch), "add"), Errc::timeout, "add");
  trial.equal(co_await add(trial, addition.key, 0), 0, "the counter afterwards");
}

awaitable<void> loses_no_addition_of_many_callers(Trial& trial) {
  constexpr std::int64_t kSteps = 25;
  const Key key = trial.key("a");
  const auto caller = [&trial, &key]() -> awaitable<std::vector<std::int64_t>> {
    std::vector<std::int64_t> sums;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      sums.push_back(co_await add(trial, key, 1));
    }
    trial.expect(std::ranges::is_sorted(sums), "the sums that one caller sees only grow");
    co_return sums;
  };
  std::vector<awaitable<std::vector<std::int64_t>>> callers;
  for (std::size_t i = 0; i < Trial::kCallers; ++i) {
    callers.push_back(caller());
  }
  std::vector<std::int64_t> all;
  for (const auto& sums : co_await trial.together(std::move(callers))) {
    all.insert(all.end(), sums.begin(), sums.end());
  }
  std::ranges::sort(all);
  std::vector<std::int64_t> wanted(Trial::kCallers * kSteps);
  std::iota(wanted.begin(), wanted.end(), 1);
  trial.expect(all == wanted, "every sum from 1 to the number of additions is answered once");
}

}  // namespace

std::vector<Check> counter_checks() {
  constexpr auto kNeeds = &Capabilities::counters;
  return {
      {"Counters", "starts_a_missing_counter_at_zero", kNeeds, starts_a_missing_counter_at_zero},
      {"Counters", "adds_the_items_of_a_batch_one_after_another", kNeeds,
       adds_the_items_of_a_batch_one_after_another},
      {"Counters", "changes_nothing_when_the_sum_does_not_fit", kNeeds,
       changes_nothing_when_the_sum_does_not_fit},
      {"Counters", "ends_a_counter_with_the_life_it_was_created_with", kNeeds,
       ends_a_counter_with_the_life_it_was_created_with},
      {"Counters", "does_nothing_when_the_deadline_is_past", kNeeds,
       does_nothing_when_the_deadline_is_past},
      {"Counters", "loses_no_addition_of_many_callers", kNeeds, loses_no_addition_of_many_callers},
  };
}

}  // namespace larder::testkit

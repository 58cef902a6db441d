// take: GCRA, exact, on the store's clock.
#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

// One unit each 250 ms.
constexpr Quota kQuota{.burst = 4, .period = milliseconds(1000)};
constexpr milliseconds kUnit{250};

awaitable<Result<QuotaAnswer>> try_take(Trial& trial, QuotaRequest request) {
  auto batch = co_await trial.store().take(std::span(&request, 1), trial.soon());
  co_return trial.only(std::move(batch), "take");
}

awaitable<QuotaAnswer> take(Trial& trial, Key key, std::uint32_t cost, Quota quota = kQuota,
                            Where where = Where::current()) {
  const QuotaRequest request{.key = std::move(key), .quota = quota, .cost = cost};
  co_return trial.must(co_await try_take(trial, request), "take", where);
}

void expect_denied(Trial& trial, const QuotaAnswer& answer, milliseconds retry_after,
                   Where where = Where::current()) {
  trial.expect(!answer.allowed, "denied", where);
  trial.span_is(answer.retry_after, retry_after, "retry_after", where);
}

void expect_allowed(Trial& trial, const QuotaAnswer& answer, std::uint32_t remaining,
                    Where where = Where::current()) {
  trial.expect(answer.allowed, "allowed", where);
  trial.equal(answer.remaining, remaining, "remaining", where);
  trial.equal(answer.retry_after.count(), 0, "retry_after when allowed", where);
}

awaitable<void> allows_the_burst_and_then_denies(Trial& trial) {
  const Key key = trial.key("a");
  for (std::uint32_t i = 1; i <= kQuota.burst; ++i) {
    const QuotaAnswer answer = co_await take(trial, key, 1);
    expect_allowed(trial, answer, kQuota.burst - i);
    trial.span_is(answer.reset_after, kUnit * i, "reset_after");
  }
  const QuotaAnswer denied = co_await take(trial, key, 1);
  expect_denied(trial, denied, kUnit);
  trial.equal(denied.remaining, 0U, "remaining when denied");
  trial.span_is(denied.reset_after, kQuota.period, "reset_after when denied");
  expect_allowed(trial, co_await take(trial, trial.key("b"), 4), 0);
}

awaitable<void> tells_the_truth_about_when_to_retry(Trial& trial) {
  const Key key = trial.key("a");
  co_await take(trial, key, 3);
  for (const std::uint32_t cost : {2U, 4U, 1U, 3U}) {
    QuotaAnswer answer = co_await take(trial, key, cost);
    if (answer.allowed) {
      answer = co_await take(trial, key, cost);
    }
    trial.require(!answer.allowed && answer.retry_after > trial.slack() + milliseconds(1),
                  "a cost that is not there is denied, with the time until it is");
    co_await trial.pass_almost(answer.retry_after);
    trial.expect(!(co_await take(trial, key, cost)).allowed, "1 ms before retry_after: denied");
    co_await trial.pass_rest();
    trial.expect((co_await take(trial, key, cost)).allowed, "after retry_after: allowed");
  }
}

awaitable<void> takes_nothing_when_it_denies(Trial& trial) {
  const Key key = trial.key("a");
  expect_allowed(trial, co_await take(trial, key, 2), 2);
  for (int i = 0; i < 5; ++i) {
    const QuotaAnswer denied = co_await take(trial, key, 3);
    expect_denied(trial, denied, kUnit);
    trial.equal(denied.remaining, 2U, "remaining when denied");
  }
  expect_allowed(trial, co_await take(trial, key, 2), 0);
}

awaitable<void> asks_without_taking_when_the_cost_is_zero(Trial& trial) {
  const Key key = trial.key("a");
  const QuotaAnswer untouched = co_await take(trial, key, 0);
  expect_allowed(trial, untouched, 4);
  trial.equal(untouched.reset_after.count(), 0, "reset_after of an untouched quota");
  co_await take(trial, key, 3);
  expect_allowed(trial, co_await take(trial, key, 0), 1);
  expect_allowed(trial, co_await take(trial, key, 0), 1);
  expect_allowed(trial, co_await take(trial, key, 1), 0);
  expect_allowed(trial, co_await take(trial, key, 0), 0);
}

awaitable<void> fills_up_to_the_burst_and_no_further(Trial& trial) {
  const Key key = trial.key("a");
  co_await take(trial, key, 4);
  co_await trial.pass(kUnit * 2);
  trial.equal((co_await take(trial, key, 0)).remaining, 2U, "remaining after half a period");
  co_await trial.pass(kQuota.period * 2);
  const QuotaAnswer full = co_await take(trial, key, 0);
  expect_allowed(trial, full, 4);
  trial.equal(full.reset_after.count(), 0, "reset_after when the burst is there");
  expect_allowed(trial, co_await take(trial, key, 4), 0);
  trial.expect(!(co_await take(trial, key, 1)).allowed, "one more is denied");
}

awaitable<void> counts_in_fractions_of_a_millisecond(Trial& trial) {
  // One unit each 142.857 ms: a store that rounds it down gives three in 428 ms.
  constexpr Quota kSeven{.burst = 7, .period = milliseconds(1000)};
  const Key key = trial.key("a");
  co_await take(trial, key, 7, kSeven);
  const QuotaAnswer denied = co_await take(trial, key, 3, kSeven);
  expect_denied(trial, denied, milliseconds(429));
  if (denied.retry_after > trial.slack() + milliseconds(1)) {
    co_await trial.pass_almost(denied.retry_after);
    trial.expect(!(co_await take(trial, key, 3, kSeven)).allowed, "three units 1 ms too early");
    co_await trial.pass_rest();
    trial.expect((co_await take(trial, key, 3, kSeven)).allowed, "three units in time");
  }
}

awaitable<void> refuses_what_no_quota_can_be(Trial& trial) {
  const Key key = trial.key("a");
  constexpr milliseconds kMonth = std::chrono::hours(24 * 30);
  const std::vector<QuotaRequest> wrong{
      {.key = key, .quota = kQuota, .cost = 5},
      {.key = key, .quota = {.burst = 0, .period = milliseconds(1000)}, .cost = 0},
      {.key = key, .quota = {.burst = 1'000'001, .period = milliseconds(1000)}},
      {.key = key, .quota = {.burst = 1, .period = milliseconds(0)}},
      {.key = key, .quota = {.burst = 1, .period = kMonth + milliseconds(1)}}};
  for (const QuotaRequest& request : wrong) {
    trial.fails(co_await try_take(trial, request), Errc::invalid_argument, "take");
  }
  expect_allowed(trial, co_await take(trial, key, 4), 0);
}

awaitable<void> takes_the_widest_quotas(Trial& trial) {
  constexpr milliseconds kMonth = std::chrono::hours(24 * 30);
  constexpr Quota kFast{.burst = 1'000'000, .period = milliseconds(1)};
  const Key fast = trial.key("fast");
  trial.expect((co_await take(trial, fast, kFast.burst, kFast)).allowed, "a million at once");
  co_await trial.pass(milliseconds(1));
  trial.expect((co_await take(trial, fast, kFast.burst, kFast)).allowed, "and again after 1 ms");
  constexpr Quota kSlow{.burst = 1, .period = kMonth};
  const Key slow = trial.key("slow");
  expect_allowed(trial, co_await take(trial, slow, 1, kSlow), 0);
  expect_denied(trial, co_await take(trial, slow, 1, kSlow), kMonth);
}

awaitable<void> decides_the_items_of_a_batch_one_after_another(Trial& trial) {
  const QuotaRequest two{.key = trial.key("a"), .quota = kQuota, .cost = 2};
  const std::vector<QuotaRequest> requests{two, two, two};
  const auto answers = trial.must(co_await trial.store().take(requests, trial.soon()), 3, "take");
  expect_allowed(trial, answers[0], 2);
  expect_allowed(trial, answers[1], 0);
  expect_denied(trial, answers[2], kUnit * 2);
}

awaitable<void> takes_nothing_when_the_deadline_is_past(Trial& trial) {
  const QuotaRequest request{.key = trial.key("a"), .quota = kQuota, .cost = 2};
  auto batch = co_await trial.store().take(std::span(&request, 1), trial.past());
  trial.fails(trial.only(std::move(batch), "take"), Errc::timeout, "take");
  expect_allowed(trial, co_await take(trial, request.key, 0), 4);
}

awaitable<void> never_gives_many_callers_more_than_the_burst(Trial& trial) {
  constexpr Quota kTen{.burst = 10, .period = std::chrono::hours(24 * 30)};
  for (int round = 0; round < 5; ++round) {
    const Key key = trial.key("round" + std::to_string(round));
    std::vector<awaitable<QuotaAnswer>> callers;
    for (std::size_t i = 0; i < 2 * Trial::kCallers; ++i) {
      callers.push_back(take(trial, key, 1, kTen));
    }
    std::uint32_t allowed = 0;
    for (const QuotaAnswer& answer : co_await trial.together(std::move(callers))) {
      allowed += answer.allowed ? 1U : 0U;
    }
    trial.equal(allowed, kTen.burst, "callers allowed");
  }
}

}  // namespace

std::vector<Check> quota_checks() {
  constexpr auto kNeeds = &Capabilities::quotas;
  return {
      {"Quotas", "allows_the_burst_and_then_denies", kNeeds, allows_the_burst_and_then_denies},
      {"Quotas", "tells_the_truth_about_when_to_retry", kNeeds,
       tells_the_truth_about_when_to_retry},
      {"Quotas", "takes_nothing_when_it_denies", kNeeds, takes_nothing_when_it_denies},
      {"Quotas", "asks_without_taking_when_the_cost_is_zero", kNeeds,
       asks_without_taking_when_the_cost_is_zero},
      {"Quotas", "fills_up_to_the_burst_and_no_further", kNeeds,
       fills_up_to_the_burst_and_no_further},
      {"Quotas", "counts_in_fractions_of_a_millisecond", kNeeds,
       counts_in_fractions_of_a_millisecond},
      {"Quotas", "refuses_what_no_quota_can_be", kNeeds, refuses_what_no_quota_can_be},
      {"Quotas", "takes_the_widest_quotas", kNeeds, takes_the_widest_quotas},
      {"Quotas", "decides_the_items_of_a_batch_one_after_another", kNeeds,
       decides_the_items_of_a_batch_one_after_another},
      {"Quotas", "takes_nothing_when_the_deadline_is_past", kNeeds,
       takes_nothing_when_the_deadline_is_past},
      {"Quotas", "never_gives_many_callers_more_than_the_burst", kNeeds,
       never_gives_many_callers_more_than_the_burst},
  };
}

}  // namespace larder::testkit

// The suite catches what it is there for: each store here breaks one rule, and the check of
// that rule has to say so.
#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <larder/testkit/conformance.hpp>

#include "reference_store.hpp"

namespace larder::testkit {
namespace {

using Inner = ReferenceBackend;

template <typename Faulty>
class FaultyStore final : public FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    co_return std::make_unique<Faulty>(clock());
  }
};

struct ConditionCheckedBeforeTheWrite : Inner {
  using Inner::Inner;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    std::vector<PutItem> unconditional(items.begin(), items.end());
    for (PutItem& item : unconditional) {
      auto found = co_await Inner::get(std::span(&item.entry.key, 1), deadline);
      const bool absent = found.front().has_value() && !found.front()->has_value();
      if (std::holds_alternative<IfAbsent>(item.condition) && !absent) {
        co_return Batch<PutOutcome>(items.size(), PutOutcome());
      }
      item.condition = Always();
    }
    std::this_thread::yield();
    co_return co_await Inner::put(unconditional, deadline);
  }
};

struct BatchBackwards : Inner {
  using Inner::Inner;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await Inner::get(keys, deadline);
    std::ranges::reverse(answers);
    co_return answers;
  }
};

struct EraseThatForgetsToErase : Inner {
  using Inner::Inner;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override {
    auto found = co_await Inner::get(keys, deadline);
    auto answers = co_await Inner::erase(keys, deadline);
    for (auto& one : found) {
      if (one.has_value() && one->has_value()) {
        const PutItem again{.entry = *(*one)->entry};
        co_await Inner::put(std::span(&again, 1), deadline);
      }
    }
    co_return answers;
  }
};

struct DeadlinesIgnored : Inner {
  using Inner::Inner;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline) override {
    return Inner::put(items, Deadline::max());
  }
};

struct TouchThatWritesAgain : Inner {
  using Inner::Inner;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override {
    const auto found = co_await Inner::get(std::span(&items[0].key, 1), deadline);
    if (found.front().has_value() && found.front()->has_value()) {
      PutItem again{.entry = *(*found.front())->entry};
      again.entry.life.fresh = items[0].fresh;
      co_await Inner::put(std::span(&again, 1), deadline);
    }
    co_return Batch<bool>(items.size(), true);
  }
};

struct FillOfAVoidLease : Inner {
  using Inner::Inner;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override {
    for (const Fill& one : fills) {
      const PutItem item{.entry = one.entry};
      co_await Inner::put(std::span(&item, 1), deadline);
    }
    co_return Batch<FillOutcome>(fills.size(), FillOutcome::stored);
  }
};

struct LeasesForEveryone : Inner {
  using Inner::Inner;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    auto answers = co_await Inner::read_or_lease(requests, deadline);
    for (auto& answer : answers) {
      if (answer && answer->state == LeaseState::busy) {
        answer->state = LeaseState::granted;
      }
    }
    co_return answers;
  }
};

struct MissingFill : Inner {
  using Inner::Inner;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override {
    return CacheBackend::fill(fills, deadline);
  }
};

struct UndeclaredCounters : Inner {
  using Inner::Inner;
  const Capabilities& capabilities() const noexcept override {
    static const Capabilities kWithout = [this] {
      Capabilities can = Inner::capabilities();
      can.counters = false;
      return can;
    }();
    return kWithout;
  }
};

struct AdditionThatIsNotAtomic : Inner {
  using Inner::Inner;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override {
    Addition read = additions[0];
    read.delta = 0;
    const auto before = co_await Inner::add(std::span(&read, 1), deadline);
    std::this_thread::yield();
    const auto now = co_await Inner::add(std::span(&read, 1), deadline);
    Addition write = additions[0];
    write.delta = before[0].value_or(0) + additions[0].delta - now[0].value_or(0);
    co_return co_await Inner::add(std::span(&write, 1), deadline);
  }
};

struct AdditionThatWraps : Inner {
  using Inner::Inner;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override {
    auto sums = co_await Inner::add(additions, deadline);
    for (auto& sum : sums) {
      sum = sum.value_or(std::numeric_limits<std::int64_t>::min());
    }
    co_return sums;
  }
};

struct RetryTooEarly : Inner {
  using Inner::Inner;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override {
    auto answers = co_await Inner::take(requests, deadline);
    for (auto& answer : answers) {
      if (answer) {
        answer->retry_after -= std::min(answer->retry_after, milliseconds(1));
      }
    }
    co_return answers;
  }
};

struct DenialThatTakes : Inner {
  using Inner::Inner;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override {
    auto answers = co_await Inner::take(requests, deadline);
    if (answers[0] && !answers[0]->allowed && answers[0]->remaining > 0) {
      QuotaRequest rest = requests[0];
      rest.cost = answers[0]->remaining;
      co_await Inner::take(std::span(&rest, 1), deadline);
    }
    co_return answers;
  }
};

struct NewEpochForEveryAsker : Inner {
  using Inner::Inner;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    return Inner::bump(tags, deadline);
  }
};

struct BumpThatChangesNothing : Inner {
  using Inner::Inner;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    return Inner::epochs(tags, deadline);
  }
};

struct GapsHidden : Inner {
  using Inner::Inner;
  awaitable<Result<EventPage>> read_after(const Key& log, EventPosition position, std::size_t count,
                                          Deadline deadline) override {
    auto page = co_await Inner::read_after(log, position, count, deadline);
    if (page) {
      page->gap = false;
    }
    co_return page;
  }
};

struct BytesUnbounded : Inner {
  using Inner::Inner;
  awaitable<Result<EventPosition>> append(const Key& log, Bytes payload, LogBounds bounds,
                                          Deadline deadline) override {
    bounds.bytes_max = LogBounds().bytes_max;
    return Inner::append(log, std::move(payload), bounds, deadline);
  }
};

// Passes notices on, without word of those that were lost.
class Silenced final : public Subscription {
 public:
  explicit Silenced(std::unique_ptr<Subscription> inner) : inner_(std::move(inner)) {}
  awaitable<Result<Notice>> next(Deadline deadline) override {
    auto notice = co_await inner_->next(deadline);
    while (notice && std::holds_alternative<MessagesLost>(*notice)) {
      notice = co_await inner_->next(deadline);
    }
    co_return notice;
  }

 private:
  std::unique_ptr<Subscription> inner_;
};

struct LostMessagesHidden : Inner {
  using Inner::Inner;
  awaitable<Result<std::unique_ptr<Subscription>>> subscribe(std::span<const Key> channels,
                                                             Deadline deadline) override {
    auto inner = co_await Inner::subscribe(channels, deadline);
    if (!inner) {
      co_return std::unexpected(inner.error());
    }
    co_return std::make_unique<Silenced>(std::move(*inner));
  }
};

struct ScanOfOnePage : Inner {
  using Inner::Inner;
  awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline) override {
    auto page = co_await Inner::scan(std::move(request), deadline);
    if (page) {
      page->cursor.clear();
    }
    co_return page;
  }
};

struct StatsThatCountNothing : Inner {
  using Inner::Inner;
  BackendStats stats() const override { return {}; }
};

struct OpenAfterClose : Inner {
  using Inner::Inner;
  awaitable<void> close() override { co_return; }
};

struct SleeperLeftBehind : Inner {
  explicit SleeperLeftBehind(Clock& clock) : Inner(clock), clock_(clock) {}
  awaitable<void> close() override {
    co_await Inner::close();
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, clock_.sleep_until(clock_.in(milliseconds(1))),
                          [](const std::exception_ptr&, bool) {});
  }

 private:
  Clock& clock_;
};

struct ThrowingPing : Inner {
  using Inner::Inner;
  awaitable<Result<void>> ping(Deadline) override {
    throw std::logic_error("thrown across the port");
    co_return Result<void>();
  }
};

// A fault, the check that has to find it, and a part of what that has to say.
struct Fault {
  const char* name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  const char* group;
  const char* check;
  const char* says = "";
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

template <typename Faulty>
Fault fault(const char* name, const char* group, const char* check, const char* says = "") {
  return Fault{name, [] { return std::make_unique<FaultyStore<Faulty>>(); }, group, check, says};
}

const Check& check_named(const std::vector<Check>& checks, const Fault& fault) {
  const auto place = std::ranges::find_if(checks, [&fault](const Check& check) {
    return check.group == fault.group && check.name == fault.check;
  });
  if (place == checks.end()) {
    throw std::logic_error(std::string("there is no check ") + fault.check);
  }
  return *place;
}

class Conformance : public testing::TestWithParam<Fault> {};

TEST_P(Conformance, finds_the_fault) {
  const Fault& fault = GetParam();
  const std::vector<Check> checks = conformance_checks();
  const Check& check = check_named(checks, fault);
  std::string said;
  // A race shows itself sooner or later; a few rounds make it sooner.
  for (int round = 0; round < 20 && said.empty(); ++round) {
    for (const Violation& violation : violations_of(check, *fault.make())) {
      said.append(violation.text).append("\n");
    }
  }
  EXPECT_NE(said, "") << "the check found nothing";
  EXPECT_NE(said.find(fault.says), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    FaultyStores, Conformance,
    testing::Values(
        fault<ConditionCheckedBeforeTheWrite>("condition_checked_before_the_write", "Conditions",
                                              "exactly_one_of_many_if_absent_wins"),
        fault<BatchBackwards>("batch_backwards", "Values", "keeps_order_and_answers_duplicates"),
        fault<EraseThatForgetsToErase>("erase_that_forgets_to_erase", "Values",
                                       "never_brings_back_what_was_erased"),
        fault<EraseThatForgetsToErase>("anything_left_behind", "Life", "touch_sets_the_fresh_life",
                                       "get after the last erase"),
        fault<DeadlinesIgnored>("deadlines_ignored", "Verbs",
                                "put_ends_at_once_when_the_deadline_is_past"),
        fault<DeadlinesIgnored>("done_after_the_deadline", "Values",
                                "does_nothing_when_the_deadline_is_past"),
        fault<TouchThatWritesAgain>("touch_that_writes_again", "Life", "touch_sets_the_fresh_life",
                                    "touch keeps the version"),
        fault<TouchThatWritesAgain>("expire_that_lengthens", "Life",
                                    "expire_never_lengthens_a_life"),
        fault<FillOfAVoidLease>("fill_of_a_void_lease", "Leases", "erase_voids_a_lease"),
        fault<LeasesForEveryone>("leases_for_everyone", "Leases",
                                 "grants_exactly_one_of_many_askers"),
        fault<MissingFill>("missing_fill", "Verbs", "fill_is_there_if_declared",
                           "missing verb: fill (Capabilities.leases is true)"),
        fault<UndeclaredCounters>("undeclared_counters", "Verbs", "add_is_there_if_declared",
                                  "Capabilities.counters is false"),
        fault<UndeclaredCounters>("undeclared_counters_in_their_group", "Counters",
                                  "loses_no_addition_of_many_callers",
                                  "Capabilities.counters is false"),
        fault<AdditionThatIsNotAtomic>("addition_that_is_not_atomic", "Counters",
                                       "loses_no_addition_of_many_callers"),
        fault<AdditionThatWraps>("addition_that_wraps", "Counters",
                                 "changes_nothing_when_the_sum_does_not_fit"),
        fault<RetryTooEarly>("retry_too_early", "Quotas", "tells_the_truth_about_when_to_retry"),
        fault<DenialThatTakes>("denial_that_takes", "Quotas", "takes_nothing_when_it_denies"),
        fault<NewEpochForEveryAsker>("new_epoch_for_every_asker", "Epochs",
                                     "creates_one_epoch_for_many_askers"),
        fault<BumpThatChangesNothing>("bump_that_changes_nothing", "Epochs",
                                      "keeps_an_epoch_until_it_is_bumped"),
        fault<GapsHidden>("gaps_hidden", "Events", "drops_the_oldest_over_events_max"),
        fault<GapsHidden>("lost_log_hidden", "Events", "recognises_a_position_of_a_lost_log"),
        fault<BytesUnbounded>("bytes_unbounded", "Events", "drops_the_oldest_over_bytes_max"),
        fault<LostMessagesHidden>("lost_messages_hidden", "Messages", "tell_when_some_were_lost"),
        fault<ScanOfOnePage>("scan_of_one_page", "Scan", "lists_the_keys_of_values"),
        fault<StatsThatCountNothing>("stats_that_count_nothing", "Care",
                                     "counts_what_was_asked_and_written"),
        fault<OpenAfterClose>("open_after_close", "Verbs", "get_answers_closed_after_close"),
        fault<SleeperLeftBehind>("sleeper_left_behind", "Care", "answers_a_ping",
                                 "coroutines asleep after close"),
        fault<ThrowingPing>("throwing_ping", "Care", "answers_a_ping", "threw")),
    [](const testing::TestParamInfo<Fault>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace larder::testkit

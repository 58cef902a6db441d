// The suite catches what it is there for: each store here breaks one rule, and the check of
// that rule has to say so.
#include <algorithm>
#include <functional>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <larder/testkit/conformance.hpp>

#include "faulty_stores.hpp"

namespace larder::testkit {
namespace {

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
  return Fault{name, [] { return std::make_unique<ReferenceStore<Faulty>>(); }, group, check, says};
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
  std::vector<Check> checks = conformance_checks();
  std::ranges::copy(outage_checks(), std::back_inserter(checks));
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
        fault<ConditionCheckedBeforeTheWrite>("condition_without_an_order", "Linearisability",
                                              "of_values_and_conditions", "no order explains"),
        fault<ReadsBehind>("reads_behind", "Linearisability", "of_values_and_conditions",
                           "<- impossible"),
        fault<FillOfAVoidLease>("fill_without_an_order", "Linearisability",
                                "of_leases_with_puts_and_erasures", "fill '"),
        fault<LeasesForEveryone>("leases_without_an_order", "Linearisability",
                                 "of_leases_with_puts_and_erasures", "granted token"),
        fault<AdditionThatIsNotAtomic>("addition_without_an_order", "Linearisability",
                                       "of_counters", "LARDER_SEED="),
        fault<DenialThatTakes>("denial_without_an_order", "Linearisability", "of_quotas",
                               "denied, "),
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
        fault<WatchThatSeesNothing>("watch_that_sees_nothing", "Watch",
                                    "tells_changes_to_keys_that_were_read"),
        fault<MissesWhileDown>("misses_while_down", "Outages",
                               "answers_an_error_while_the_store_is_down", "get answers"),
        fault<DownForGood>("down_for_good", "Outages", "works_again_when_the_store_is_back"),
        fault<StatsThatCountNothing>("stats_that_count_nothing", "Care",
                                     "counts_what_was_asked_and_written"),
        fault<OpenAfterClose>("open_after_close", "Verbs", "get_answers_closed_after_close"),
        fault<SleeperLeftBehind>("sleeper_left_behind", "Care", "answers_a_ping",
                                 "coroutines asleep after close"),
        fault<ThrowingPing>("throwing_ping", "Care", "answers_a_ping", "threw")),
    [](const testing::TestParamInfo<Fault>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace larder::testkit

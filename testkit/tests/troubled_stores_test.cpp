// What the suite says of stores in trouble: the sound one keeps every rule, and each of the
// others is found by the check of the rule that it breaks, and by no other.
#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <larder/testkit/conformance.hpp>

#include "troubled_stores.hpp"

namespace larder::testkit {
namespace {

LARDER_CONFORMANCE(reference_in_trouble, ReferenceStore<>);
LARDER_CONFORMANCE(reference_some_turns_away, ReferenceStore<SomeTurnsAway>);

// A fault, the check that has to find it, and a part of what that has to say.
struct Trouble {
  const char* name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  std::string check;
  std::string says;
};

void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }

template <typename Faulty>
Trouble trouble(const char* name, std::string check, std::string says) {
  return Trouble{.name = name,
                 .make = [] { return std::make_unique<ReferenceStore<Faulty>>(); },
                 .check = std::move(check),
                 .says = std::move(says)};
}

template <typename Client>
Trouble skewed(const char* name, std::string check, std::string says) {
  return Trouble{.name = name,
                 .make = [] { return std::make_unique<ReferenceStore<Sound, Client>>(); },
                 .check = std::move(check),
                 .says = std::move(says)};
}

class Troubled : public testing::TestWithParam<Trouble> {};

TEST_P(Troubled, is_found_by_the_check_of_its_rule_alone) {
  const Trouble& trouble = GetParam();
  std::vector<std::string> found_by;
  std::string said;
  for (const Check& check : checks_for<ReferenceStore<>>()) {
    const auto violations = violations_of(check, *trouble.make());
    if (!violations.empty()) {
      found_by.push_back(check.group + "." + check.name);
    }
    for (const Violation& violation : violations) {
      said.append(violation.text).append("\n");
    }
  }
  EXPECT_EQ(found_by, std::vector{trouble.check}) << said;
  EXPECT_NE(said.find(trouble.says), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    Stores, Troubled,
    testing::Values(
        trouble<FrozenPingHasNoDeadline>("frozen_ping_has_no_deadline",
                                         "Frozen.every_verb_ends_by_its_deadline",
                                         "ping has not ended by its deadline"),
        trouble<MissesWhileFrozen>("misses_while_frozen", "Frozen.every_verb_ends_by_its_deadline",
                                   "get answers timeout or unavailable"),
        trouble<FrozenPingIsNotCancelled>("frozen_ping_is_not_cancelled",
                                          "Frozen.every_verb_ends_when_it_is_cancelled",
                                          "ping has not ended when it was cancelled"),
        trouble<CloseForgetsWhoWaits>("close_forgets_who_waits",
                                      "Frozen.every_verb_ends_when_the_store_closes",
                                      "get has not ended when the store closed"),
        trouble<AnswersMixedUp>("answers_mixed_up", "Frozen.mixes_up_no_answers",
                                "get after the store has thawed"),
        trouble<AdditionRepeated>("addition_repeated", "Frozen.repeats_no_addition",
                                  "happened once, or not at all"),
        trouble<AdditionDenied>("addition_denied", "Frozen.repeats_no_addition",
                                "was said to have an unknown outcome"),
        trouble<ServesWhatWasLost>("serves_what_was_lost",
                                   "Restarted.misses_what_was_lost_and_works",
                                   "get after the restart"),
        trouble<EpochsFromTheSameSeed>("epochs_from_the_same_seed", "Restarted.draws_new_epochs",
                                       "an epoch that was lost is another"),
        trouble<TokensFromOneAgain>("tokens_from_one_again", "Restarted.an_old_lease_cannot_write",
                                    "while the new store has leased the key to another"),
        trouble<LogsUnderTheirOldId>("logs_under_their_old_id",
                                     "Restarted.tells_the_gap_in_a_lost_log", "told as a gap"),
        trouble<SubscribersNotTold>("subscribers_not_told",
                                    "Restarted.tells_a_subscriber_and_serves_it_again",
                                    "a subscriber is told something"),
        trouble<SubscribersForgotten>("subscribers_forgotten",
                                      "Restarted.tells_a_subscriber_and_serves_it_again",
                                      "a message that is published after the restart arrives"),
        trouble<WatchersNotTold>("watchers_not_told", "Restarted.tells_a_watcher",
                                 "everything it read may have changed"),
        trouble<FullAndSilent>("full_and_silent", "Full.a_put_is_stored_or_storage_full",
                               "that succeeds has stored"),
        trouble<FullButStored>("full_but_stored", "Full.a_put_is_stored_or_storage_full",
                               "get after the refused put"),
        trouble<FullAndDown>("full_and_down", "Full.every_verb_still_ends", "ping works, or"),
        trouble<FullAndWaiting>("full_and_waiting", "Full.every_verb_still_ends",
                                "ping ends in a full store"),
        trouble<WaitsWhileDown>("waits_while_down",
                                "Outages.answers_an_error_while_the_store_is_down",
                                "ping has not ended by its deadline"),
        skewed<LifeByTheClientsClock>("life_by_the_clients_clock",
                                      "Skewed.clients_agree_on_what_is_left_of_a_life",
                                      "life_left at the client that is off"),
        skewed<LeaseByTheClientsClock>("lease_by_the_clients_clock",
                                       "Skewed.clients_agree_on_the_end_of_a_lease",
                                       "when the hold has ended"),
        trouble<CancelledIsLate>("cancelled_is_late", "Cancellation.ends_every_verb_at_every_step",
                                 "get that is cancelled after 1 turns answers cancelled"),
        trouble<CancelledThrows>("cancelled_throws", "Cancellation.ends_every_verb_at_every_step",
                                 "threw"),
        trouble<CancelledWaits>("cancelled_waits", "Cancellation.ends_every_verb_at_every_step",
                                "get that is cancelled after 0 turns ends"),
        trouble<CancelledKeepsItsPlace>("cancelled_keeps_its_place",
                                        "Cancellation.ends_every_verb_at_every_step", "overloaded"),
        trouble<NoDeadlineIsLongPast>("no_deadline_is_long_past", "Clocks.needs_no_deadline",
                                      "ping works without a deadline")),
    [](const testing::TestParamInfo<Trouble>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace larder::testkit

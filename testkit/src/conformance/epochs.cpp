// epochs, bump: one epoch of a tag for all askers, until it is bumped.
#include <algorithm>
#include <set>
#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

awaitable<std::vector<Epoch>> epochs(Trial& trial, std::vector<Tag> tags,
                                     Where where = Where::current()) {
  auto batch = co_await trial.store().epochs(tags, trial.soon());
  co_return trial.must(std::move(batch), tags.size(), "epochs", where);
}

awaitable<Epoch> epoch(Trial& trial, Tag tag) {
  co_return (co_await epochs(trial, std::vector<Tag>(1, tag))).front();
}

awaitable<std::vector<Epoch>> bump(Trial& trial, std::vector<Tag> tags,
                                   Where where = Where::current()) {
  auto batch = co_await trial.store().bump(tags, trial.soon());
  co_return trial.must(std::move(batch), tags.size(), "bump", where);
}

awaitable<Epoch> bump_one(Trial& trial, Tag tag) {
  co_return (co_await bump(trial, std::vector<Tag>(1, tag))).front();
}

awaitable<void> keeps_an_epoch_until_it_is_bumped(Trial& trial) {
  const Tag tag = trial.key("a");
  const Epoch first = co_await epoch(trial, tag);
  co_await trial.pass(milliseconds(1000));
  trial.expect(co_await epoch(trial, tag) == first, "the epoch is the same later");
  const Epoch second = co_await bump_one(trial, tag);
  trial.expect(second != first, "bump draws another epoch");
  trial.expect(co_await epoch(trial, tag) == second, "the epoch is what bump answered");
  trial.expect(co_await bump_one(trial, tag) != second, "a second bump draws another one");
}

awaitable<void> bump_creates_a_missing_epoch(Trial& trial) {
  const Tag tag = trial.key("a");
  const Epoch bumped = co_await bump_one(trial, tag);
  trial.expect(co_await epoch(trial, tag) == bumped, "the epoch is what bump answered");
}

awaitable<void> bumps_only_the_tags_that_were_named(Trial& trial) {
  const std::vector<Tag> tags{trial.key("a"), trial.key("b"), trial.key("c")};
  const std::vector<Epoch> before = co_await epochs(trial, tags);
  co_await bump_one(trial, tags[1]);
  const std::vector<Epoch> after = co_await epochs(trial, tags);
  trial.expect(after[0] == before[0] && after[2] == before[2], "the other epochs are unchanged");
  trial.expect(after[1] != before[1], "the bumped one is changed");
}

awaitable<void> draws_epochs_at_random(Trial& trial) {
  std::vector<Tag> tags;
  for (std::size_t i = 0; i < Entry::kTagsMax; ++i) {
    tags.push_back(trial.key("tag" + std::to_string(i)));
  }
  const std::vector<Epoch> drawn = co_await epochs(trial, tags);
  trial.equal(std::set(drawn.begin(), drawn.end()).size(), drawn.size(), "different epochs");
  trial.expect(std::ranges::any_of(drawn, [](Epoch one) { return std::to_underlying(one) >> 32; }),
               "epochs use all their bits, so that a lost one is not drawn again");
}

awaitable<void> duplicates_in_a_batch_agree(Trial& trial) {
  const Tag tag = trial.key("a");
  const std::vector<Tag> tags{tag, trial.key("b"), tag};
  const std::vector<Epoch> asked = co_await epochs(trial, tags);
  trial.expect(asked[0] == asked[2], "epochs answers the same for the same tag");
  trial.expect(asked[0] != asked[1], "and another for another tag");
  const std::vector<Epoch> bumped = co_await bump(trial, tags);
  trial.expect(co_await epoch(trial, tag) == bumped[2], "the last bump of a tag stays");
}

awaitable<void> changes_nothing_when_the_deadline_is_past(Trial& trial) {
  const Tag tag = trial.key("a");
  const Epoch before = co_await epoch(trial, tag);
  auto batch = co_await trial.store().bump(std::span(&tag, 1), trial.past());
  trial.fails(trial.only(std::move(batch), "bump"), Errc::timeout, "bump");
  trial.expect(co_await epoch(trial, tag) == before, "the epoch is unchanged");
}

awaitable<void> creates_one_epoch_for_many_askers(Trial& trial) {
  for (int round = 0; round < 10; ++round) {
    const Tag tag = trial.key("round" + std::to_string(round));
    std::vector<awaitable<Epoch>> askers;
    for (std::size_t i = 0; i < Trial::kCallers; ++i) {
      askers.push_back(epoch(trial, tag));
    }
    const auto answers = co_await trial.together(std::move(askers));
    trial.equal(std::set(answers.begin(), answers.end()).size(), std::size_t{1},
                "different epochs of one tag");
  }
}

awaitable<void> gives_each_of_many_bumps_its_own_epoch(Trial& trial) {
  const Tag tag = trial.key("a");
  std::vector<awaitable<Epoch>> callers;
  for (std::size_t i = 0; i < Trial::kCallers; ++i) {
    callers.push_back(bump_one(trial, tag));
  }
  const auto answers = co_await trial.together(std::move(callers));
  const std::set<Epoch> different(answers.begin(), answers.end());
  trial.equal(different.size(), answers.size(), "different epochs of as many bumps");
  trial.expect(different.contains(co_await epoch(trial, tag)), "the epoch is one of those drawn");
}

}  // namespace

std::vector<Check> epoch_checks() {
  constexpr auto kNeeds = &Capabilities::epochs;
  return {
      {"Epochs", "keeps_an_epoch_until_it_is_bumped", kNeeds, keeps_an_epoch_until_it_is_bumped},
      {"Epochs", "bump_creates_a_missing_epoch", kNeeds, bump_creates_a_missing_epoch},
      {"Epochs", "bumps_only_the_tags_that_were_named", kNeeds,
       bumps_only_the_tags_that_were_named},
      {"Epochs", "draws_epochs_at_random", kNeeds, draws_epochs_at_random},
      {"Epochs", "duplicates_in_a_batch_agree", kNeeds, duplicates_in_a_batch_agree},
      {"Epochs", "changes_nothing_when_the_deadline_is_past", kNeeds,
       changes_nothing_when_the_deadline_is_past},
      {"Epochs", "creates_one_epoch_for_many_askers", kNeeds, creates_one_epoch_for_many_askers},
      {"Epochs", "gives_each_of_many_bumps_its_own_epoch", kNeeds,
       gives_each_of_many_bumps_its_own_epoch},
  };
}

}  // namespace larder::testkit

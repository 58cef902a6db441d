// put with IfAbsent and IfVersion: the condition and the write are one atomic step.
#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

awaitable<void> if_absent_stores_only_where_nothing_is(Trial& trial) {
  const Key key = trial.key("a");
  const PutOutcome first = co_await put(trial, entry_of(key, "first"), IfAbsent());
  trial.expect(first.stored, "stored where nothing is");
  trial.expect(!(co_await put(trial, entry_of(key, "second"), IfAbsent())).stored,
               "not stored over an entry");
  auto found = co_await get(trial, key);
  trial.equal(text_of(found), "first", "the value after a put that was not stored");
  trial.expect(found && found->version == first.version, "the version is unchanged, too");
  co_await erase(trial, key);
  trial.expect((co_await put(trial, entry_of(key, "third"), IfAbsent())).stored,
               "stored after erase");
}

awaitable<void> if_absent_counts_a_stale_entry_as_there(Trial& trial) {
  const Key key = trial.key("a");
  const Life life{.fresh = milliseconds(200), .stale = milliseconds(400)};
  co_await put(trial, entry_of(key, "first", life));
  co_await trial.pass(milliseconds(200));
  trial.expect(!(co_await put(trial, entry_of(key, "second"), IfAbsent())).stored,
               "not stored over a stale entry");
  co_await trial.pass(milliseconds(400));
  trial.expect((co_await put(trial, entry_of(key, "third"), IfAbsent())).stored,
               "stored where the entry's life has ended");
  trial.equal(text_of(co_await get(trial, key)), "third", "the value");
}

awaitable<void> if_version_stores_only_over_the_write_that_was_read(Trial& trial) {
  const Key key = trial.key("a");
  const PutOutcome first = co_await put(trial, entry_of(key, "first"));
  const IfVersion seen_first{.version = first.version};
  const PutOutcome second = co_await put(trial, entry_of(key, "second"), seen_first);
  trial.expect(second.stored, "stored over the version that was read");
  trial.expect(second.version != first.version, "a conditional write has its own version");
  trial.expect(!(co_await put(trial, entry_of(key, "third"), seen_first)).stored,
               "not stored over another version");
  trial.equal(text_of(co_await get(trial, key)), "second", "the value");
  co_await touch(trial, key, milliseconds(5000));
  trial.expect((co_await put(trial, entry_of(key, "fourth"), IfVersion{second.version})).stored,
               "stored after a touch, which keeps the version");
  const Version fourth = (co_await get(trial, key))->version;
  co_await erase(trial, key);
  trial.expect(!(co_await put(trial, entry_of(key, "fifth"), IfVersion{fourth})).stored,
               "not stored where nothing is");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after erase");
}

awaitable<void> applies_the_items_of_a_batch_one_after_another(Trial& trial) {
  const Key key = trial.key("a");
  const std::vector<PutItem> items{
      {.entry = entry_of(key, "first"), .condition = IfAbsent()},
      {.entry = entry_of(key, "second"), .condition = IfAbsent()},
      {.entry = entry_of(trial.key("b"), "other"), .condition = IfAbsent()}};
  const auto outcomes = trial.must(co_await trial.store().put(items, trial.soon()), 3, "put");
  trial.expect(outcomes[0].stored && !outcomes[1].stored && outcomes[2].stored,
               "of two if_absent on one key the first is stored");
  trial.equal(text_of(co_await get(trial, key)), "first", "the value");
}

awaitable<void> exactly_one_of_many_if_absent_wins(Trial& trial) {
  for (int round = 0; round < 10; ++round) {
    const Key key = trial.key("round" + std::to_string(round));
    std::vector<awaitable<PutOutcome>> callers;
    for (std::size_t i = 0; i < Trial::kCallers; ++i) {
      callers.push_back(put(trial, entry_of(key, std::to_string(i)), IfAbsent()));
    }
    const auto outcomes = co_await trial.together(std::move(callers));
    std::string winners;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      winners += outcomes[i].stored ? std::to_string(i) : "";
    }
    trial.equal(text_of(co_await get(trial, key)), winners, "the value of the one that won");
  }
}

awaitable<void> if_version_loses_no_update(Trial& trial) {
  constexpr int kSteps = 8;
  const Key key = trial.key("sum");
  co_await put(trial, entry_of(key, "0"));
  const auto caller = [&trial, &key]() -> awaitable<bool> {
    for (int done = 0; done < kSteps;) {
      const auto found = co_await get(trial, key);
      trial.require(found.has_value(), "the sum is there");
      Entry next = entry_of(key, std::to_string(std::stoi(text_of(found)) + 1));
      const PutOutcome outcome = co_await put(trial, std::move(next), IfVersion{found->version});
      done += outcome.stored ? 1 : 0;
    }
    co_return true;
  };
  std::vector<awaitable<bool>> callers;
  for (std::size_t i = 0; i < Trial::kCallers; ++i) {
    callers.push_back(caller());
  }
  co_await trial.together(std::move(callers));
  trial.equal(text_of(co_await get(trial, key)), std::to_string(kSteps * Trial::kCallers),
              "the sum of all increments");
}

}  // namespace

std::vector<Check> condition_checks() {
  constexpr auto kNeeds = &Capabilities::conditions;
  return {
      {"Conditions", "if_absent_stores_only_where_nothing_is", kNeeds,
       if_absent_stores_only_where_nothing_is},
      {"Conditions", "if_absent_counts_a_stale_entry_as_there", kNeeds,
       if_absent_counts_a_stale_entry_as_there},
      {"Conditions", "if_version_stores_only_over_the_write_that_was_read", kNeeds,
       if_version_stores_only_over_the_write_that_was_read},
      {"Conditions", "applies_the_items_of_a_batch_one_after_another", kNeeds,
       applies_the_items_of_a_batch_one_after_another},
      {"Conditions", "exactly_one_of_many_if_absent_wins", kNeeds,
       exactly_one_of_many_if_absent_wins},
      {"Conditions", "if_version_loses_no_update", kNeeds, if_version_loses_no_update},
  };
}

}  // namespace larder::testkit

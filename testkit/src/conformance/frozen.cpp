// A server that stands still: connections stay, nothing answers.
#include <string>

#include <boost/asio/this_coro.hpp>

#include "conformance/faults.hpp"

namespace larder::testkit {
namespace {

constexpr milliseconds kPatienceOfOne{300};

FreezableStore& freezable(Trial& trial) {
  auto* place = dynamic_cast<FreezableStore*>(&trial.place());
  trial.require(place != nullptr, "the store under test can be frozen");
  return *place;
}

Deadline soon_over(Trial& trial) { return trial.place().clock().in(kPatienceOfOne); }

// A call that nothing else could end comes to its end by this.
awaitable<void> thaw(Trial& trial, const std::vector<RunningProbe>& running) {
  co_await freezable(trial).thaw_store();
  const bool ended = co_await all_end(running);
  trial.require(ended, "what waited for the frozen store ends when it has thawed");
}

awaitable<void> every_verb_ends_by_its_deadline(Trial& trial) {
  co_await freezable(trial).freeze_store();
  auto running = co_await start_all_verbs(trial, soon_over(trial));
  co_await trial.pass(kPatienceOfOne);
  const Judge judge = [&trial](const RunningProbe& one, const std::optional<Error>& error) {
    trial.expect(error && (error->code() == Errc::timeout || error->code() == Errc::unavailable),
                 std::string(one.verb) + " answers timeout or unavailable");
    trial.expect(!error || error->advice() != Advice::never,
                 std::string(one.verb) + " does not advise that it can never work");
  };
  co_await judge_all(trial, running, "by its deadline", judge);
  co_await thaw(trial, running);
  co_await wait_until_it_answers(trial);
}

awaitable<void> every_verb_ends_when_it_is_cancelled(Trial& trial) {
  co_await freezable(trial).freeze_store();
  auto running = co_await start_all_verbs(trial, trial.soon());
  for (RunningProbe& one : running) {
    one.call.cancel();
  }
  const Judge judge = [&trial](const RunningProbe& one, const std::optional<Error>& error) {
    trial.expect(error && error->code() == Errc::cancelled,
                 std::string(one.verb) + " answers cancelled");
  };
  co_await judge_all(trial, running, "when it was cancelled", judge);
  co_await thaw(trial, running);
  co_await wait_until_it_answers(trial);
}

awaitable<void> every_verb_ends_when_the_store_closes(Trial& trial) {
  co_await freezable(trial).freeze_store();
  auto running = co_await start_all_verbs(trial, trial.soon());
  co_await trial.close();
  const Judge judge = [&trial](const RunningProbe& one, const std::optional<Error>& error) {
    trial.expect(error && error->code() == Errc::closed, std::string(one.verb) + " answers closed");
  };
  co_await judge_all(trial, running, "when the store closed", judge);
  co_await thaw(trial, running);
}

awaitable<void> mixes_up_no_answers(Trial& trial) {
  constexpr int kKeys = 8;
  std::vector<Key> keys;
  for (int i = 0; i < kKeys; ++i) {
    keys.push_back(trial.key(std::to_string(i)));
    co_await put(trial, entry_of(keys.back(), std::to_string(i)));
  }
  co_await freezable(trial).freeze_store();
  auto running = co_await start_all_verbs(trial, soon_over(trial));
  co_await trial.pass(kPatienceOfOne);
  co_await all_end(running);
  // The answers to these are on their way when the next questions are asked.
  co_await thaw(trial, running);
  co_await wait_until_it_answers(trial);
  for (int i = kKeys - 1; i >= 0; --i) {
    trial.equal(text_of(co_await get(trial, keys[static_cast<std::size_t>(i)])), std::to_string(i),
                "get after the store has thawed");
  }
}

awaitable<std::int64_t> sum_of(Trial& trial, Key key) {
  const Addition read{.key = std::move(key), .delta = 0};
  auto sums = co_await trial.store().add(std::span(&read, 1), trial.soon());
  co_return trial.must(std::move(sums), 1, "add").front();
}

awaitable<Result<std::int64_t>> add_one(Trial& trial, Key key, Deadline deadline) {
  const Addition one{.key = std::move(key), .delta = 1};
  auto sums = co_await trial.store().add(std::span(&one, 1), deadline);
  co_return trial.only(std::move(sums), "add");
}

awaitable<void> repeats_no_addition(Trial& trial) {
  const Key key = trial.key("a");
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await freezable(trial).freeze_store();
  auto adding = start(executor, add_one(trial, key, soon_over(trial)));
  co_await trial.pass(kPatienceOfOne);
  const std::function<bool()> ended = [&adding] { return adding.ended(); };
  co_await comes_true(ended);
  co_await freezable(trial).thaw_store();
  const auto answer = co_await adding.answer();
  trial.require(!answer, "an addition that a frozen store was asked for fails");
  co_await wait_until_it_answers(trial);
  const std::int64_t sum = co_await sum_of(trial, key);
  trial.expect(sum == 0 || sum == 1, "the addition has happened once, or not at all");
  trial.expect(sum == 0 || answer.error().advice() == Advice::unknown_outcome,
               "one that has happened was said to have an unknown outcome");
  co_await trial.pass(kPatienceOfOne);
  trial.equal(co_await sum_of(trial, key), sum, "the sum after a while");
}

}  // namespace

std::vector<Check> freeze_checks() {
  return {
      {"Frozen", "every_verb_ends_by_its_deadline", nullptr, every_verb_ends_by_its_deadline},
      {"Frozen", "every_verb_ends_when_it_is_cancelled", nullptr,
       every_verb_ends_when_it_is_cancelled},
      {"Frozen", "every_verb_ends_when_the_store_closes", nullptr,
       every_verb_ends_when_the_store_closes},
      {"Frozen", "mixes_up_no_answers", &Capabilities::values, mixes_up_no_answers},
      {"Frozen", "repeats_no_addition", &Capabilities::counters, repeats_no_addition},
  };
}

}  // namespace larder::testkit

// How long entries live: fresh, then stale, then gone; and touch.
#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

constexpr milliseconds kFresh{400};
constexpr milliseconds kStale{600};
constexpr Life kLife{.fresh = kFresh, .stale = kStale};

// Puts an entry with the life and answers how it is found.
awaitable<std::optional<Found>> put_and_get(Trial& trial, Key key, Life life) {
  co_await put(trial, entry_of(key, "text", life));
  co_return co_await get(trial, key);
}

awaitable<void> is_fresh_then_stale_then_gone(Trial& trial) {
  const Key key = trial.key("a");
  auto found = co_await put_and_get(trial, key, kLife);
  trial.require(found.has_value(), "get right after put");
  trial.span_is(found->life_left, kFresh + kStale, "life_left at first");
  trial.span_is(found->fresh_left(), kFresh, "fresh_left at first");

  co_await trial.pass_almost(kFresh);
  found = co_await get(trial, key);
  trial.require(found.has_value(), "get just before the fresh life ends");
  trial.expect(found->is_fresh(), "fresh just before the fresh life ends");

  co_await trial.pass_rest();
  found = co_await get(trial, key);
  trial.require(found.has_value(), "get when the fresh life has ended");
  trial.expect(!found->is_fresh(), "stale when the fresh life has ended");
  trial.span_is(found->life_left, kStale, "life_left when the fresh life has ended");

  co_await trial.pass_almost(kStale - trial.slack());
  trial.equal(text_of(co_await get(trial, key)), "text", "get just before the life ends");
  co_await trial.pass_rest();
  co_await trial.pass(trial.slack());
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get when the life has ended");
  trial.expect(!co_await erase(trial, key), "erase finds nothing when the life has ended");
  trial.expect(!co_await touch(trial, key, kFresh), "touch finds nothing when the life has ended");
}

awaitable<void> is_gone_at_once_when_put_without_life(Trial& trial) {
  const Key key = trial.key("a");
  for (const Life life : {Life{}, Life{.fresh = milliseconds(-1), .stale = milliseconds(-1)},
                          Life{.fresh = milliseconds::min(), .stale = milliseconds(0)}}) {
    co_await put(trial, entry_of(key, "before"));
    const auto found = co_await put_and_get(trial, key, life);
    trial.equal(text_of(found), "(miss)", "get after a put with no life over an entry");
    trial.equal(text_of(co_await put_and_get(trial, key, life)), "(miss)",
                "get after a put with no life");
  }
}

awaitable<void> counts_a_negative_span_as_zero(Trial& trial) {
  auto found = co_await put_and_get(trial, trial.key("a"),
                                    Life{.fresh = milliseconds(-500), .stale = kStale});
  trial.require(found.has_value(), "an entry that is stale at once is found");
  trial.expect(!found->is_fresh(), "a negative fresh span is stale at once");
  trial.span_is(found->life_left, kStale, "life_left with a negative fresh span");
  found = co_await put_and_get(trial, trial.key("b"),
                               Life{.fresh = kFresh, .stale = milliseconds(-500)});
  trial.require(found.has_value(), "an entry without stale time is found");
  trial.span_is(found->fresh_left(), kFresh, "fresh_left with a negative stale span");
}

awaitable<void> takes_the_longest_life_and_no_longer(Trial& trial) {
  constexpr milliseconds kMost = Life::kTotalMax;
  const Key key = trial.key("a");
  const auto found =
      co_await put_and_get(trial, key, Life{.fresh = kMost - kStale, .stale = kStale});
  trial.require(found.has_value(), "get of an entry with the longest life");
  trial.span_is(found->life_left, kMost, "life_left of the longest life");
  for (const Life life : {Life{.fresh = kMost, .stale = milliseconds(1)},
                          Life{.fresh = milliseconds::max(), .stale = milliseconds::max()}}) {
    const PutItem item{.entry = entry_of(key, "longer", life)};
    trial.fails(trial.only(co_await trial.store().put(std::span(&item, 1), trial.soon()), "put"),
                Errc::invalid_argument, "put with a life over kTotalMax");
  }
  trial.equal(text_of(co_await get(trial, key)), "text", "get after the refused puts");
}

awaitable<void> takes_the_life_of_the_last_put(Trial& trial) {
  const Key shorter = trial.key("shorter");
  const Key longer = trial.key("longer");
  co_await put(trial, entry_of(shorter, "old"));
  co_await put(trial, entry_of(shorter, "new", kLife));
  co_await put(trial, entry_of(longer, "old", kLife));
  co_await put(trial, entry_of(longer, "new"));
  co_await trial.pass(kLife.total());
  trial.equal(text_of(co_await get(trial, shorter)), "(miss)", "get after the shorter life");
  trial.equal(text_of(co_await get(trial, longer)), "new", "get within the longer life");
}

awaitable<void> touch_sets_the_fresh_life(Trial& trial) {
  const Key key = trial.key("a");
  const PutOutcome outcome = co_await put(trial, entry_of(key, "text", kLife));
  for (const milliseconds fresh : {milliseconds(5000), milliseconds(200)}) {
    trial.expect(co_await touch(trial, key, fresh), "touch finds the entry");
    const auto found = co_await get(trial, key);
    trial.require(found.has_value(), "get after touch");
    trial.span_is(found->fresh_left(), fresh, "fresh_left after touch");
    trial.span_is(found->life_left, fresh + kStale, "life_left after touch");
    trial.expect(found->version == outcome.version, "touch keeps the version");
    trial.equal(text_of(found), "text", "touch keeps the value");
  }
}

awaitable<void> touch_makes_a_stale_entry_fresh_again(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "text", kLife));
  co_await trial.pass(kFresh);
  trial.expect(co_await touch(trial, key, kFresh), "touch finds a stale entry");
  const auto found = co_await get(trial, key);
  trial.require(found.has_value(), "get after touch");
  trial.span_is(found->fresh_left(), kFresh, "fresh_left after touch");
}

awaitable<void> expire_keeps_the_entry_as_stale(Trial& trial) {
  for (const milliseconds fresh : {milliseconds(0), milliseconds(-100), milliseconds::min()}) {
    const Key key = trial.key("a");
    co_await put(trial, entry_of(key, "text", kLife));
    trial.expect(co_await touch(trial, key, fresh), "expire finds the entry");
    const auto found = co_await get(trial, key);
    trial.require(found.has_value(), "an expired entry is still servable");
    trial.expect(!found->is_fresh(), "an expired entry is stale");
    trial.span_is(found->life_left, kStale, "life_left of an expired entry");
  }
}

awaitable<void> expire_never_lengthens_a_life(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "text", kLife));
  co_await trial.pass(kFresh + milliseconds(200));
  trial.expect(co_await touch(trial, key, milliseconds(0)), "expire finds a stale entry");
  const auto found = co_await get(trial, key);
  trial.require(found.has_value(), "a stale entry that is expired again is there");
  trial.span_is(found->life_left, kStale - milliseconds(200), "life_left");
  const Key no_stale = trial.key("b");
  co_await put(trial, entry_of(no_stale, "text", Life{.fresh = kFresh}));
  trial.expect(co_await touch(trial, no_stale, milliseconds(0)), "expire without stale time");
  trial.equal(text_of(co_await get(trial, no_stale)), "(miss)", "get without stale time");
}

awaitable<void> touch_answers_each_item(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "text", kLife));
  const std::vector<TouchItem> items{{.key = key, .fresh = milliseconds(100)},
                                     {.key = trial.key("no"), .fresh = milliseconds(100)},
                                     {.key = key, .fresh = milliseconds(7000)}};
  const auto answers = trial.must(co_await trial.store().touch(items, trial.soon()), 3, "touch");
  trial.equal(answers, std::vector<bool>{true, false, true}, "touch in the order of the items");
  const auto found = co_await get(trial, key);
  trial.require(found.has_value(), "get after touch");
  trial.span_is(found->fresh_left(), milliseconds(7000), "of two touches the later one counts");
}

}  // namespace

std::vector<Check> life_checks() {
  constexpr auto kNeeds = &Capabilities::values;
  return {
      {"Life", "is_fresh_then_stale_then_gone", kNeeds, is_fresh_then_stale_then_gone},
      {"Life", "is_gone_at_once_when_put_without_life", kNeeds,
       is_gone_at_once_when_put_without_life},
      {"Life", "counts_a_negative_span_as_zero", kNeeds, counts_a_negative_span_as_zero},
      {"Life", "takes_the_longest_life_and_no_longer", kNeeds,
       takes_the_longest_life_and_no_longer},
      {"Life", "takes_the_life_of_the_last_put", kNeeds, takes_the_life_of_the_last_put},
      {"Life", "touch_sets_the_fresh_life", kNeeds, touch_sets_the_fresh_life},
      {"Life", "touch_makes_a_stale_entry_fresh_again", kNeeds,
       touch_makes_a_stale_entry_fresh_again},
      {"Life", "expire_keeps_the_entry_as_stale", kNeeds, expire_keeps_the_entry_as_stale},
      {"Life", "expire_never_lengthens_a_life", kNeeds, expire_never_lengthens_a_life},
      {"Life", "touch_answers_each_item", kNeeds, touch_answers_each_item},
  };
}

}  // namespace larder::testkit

// read_or_lease, fill, renew, release: who may load, and who must wait.
#include "conformance/leases.hpp"

#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {

awaitable<LeaseAnswer> ask(Trial& trial, LeaseRequest request, Where where) {
  auto batch = co_await trial.store().read_or_lease(std::span(&request, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "read_or_lease", where), "read_or_lease",
                       where);
}

awaitable<LeaseAnswer> ask(Trial& trial, Key key, Where where) {
  LeaseRequest request{.key = std::move(key), .hold = kHold};
  co_return co_await ask(trial, std::move(request), where);
}

awaitable<LeaseToken> be_granted(Trial& trial, Key key, Where where) {
  const LeaseAnswer answer = co_await ask(trial, std::move(key), where);
  trial.require(answer.state == LeaseState::granted, "the lease is granted", where);
  co_return answer.token;
}

awaitable<FillOutcome> fill(Trial& trial, Entry entry, LeaseToken token, Where where) {
  const Fill item{.entry = std::move(entry), .token = token};
  auto batch = co_await trial.store().fill(std::span(&item, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "fill", where), "fill", where);
}

awaitable<bool> renew(Trial& trial, Key key, LeaseToken token, Where where) {
  const LeaseHold lease{.key = std::move(key), .token = token};
  auto batch = co_await trial.store().renew(std::span(&lease, 1), kHold, trial.soon());
  co_return trial.must(trial.only(std::move(batch), "renew", where), "renew", where);
}

awaitable<bool> release(Trial& trial, Key key, LeaseToken token, Where where) {
  const LeaseHold lease{.key = std::move(key), .token = token};
  auto batch = co_await trial.store().release(std::span(&lease, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "release", where), "release", where);
}

std::string words(const LeaseAnswer& answer) {
  std::string text = answer.state == LeaseState::not_needed ? "not_needed"
                     : answer.state == LeaseState::granted  ? "granted"
                                                            : "busy";
  return answer.found ? text + " " + text_of(answer.found) : text;
}

namespace {

awaitable<void> grants_one_asker_and_is_busy_for_the_next(Trial& trial) {
  const Key key = trial.key("a");
  trial.equal(words(co_await ask(trial, key)), "granted", "the first asker");
  trial.equal(words(co_await ask(trial, key)), "busy", "the second asker");
  trial.equal(words(co_await ask(trial, trial.key("b"))), "granted", "an asker for another key");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get while it is leased");
}

awaitable<void> needs_no_lease_for_a_fresh_entry(Trial& trial) {
  const Key key = trial.key("a");
  const PutOutcome outcome = co_await put(trial, entry_of(key, "text"));
  const LeaseAnswer answer = co_await ask(trial, key);
  trial.equal(words(answer), "not_needed text", "an asker for a fresh entry");
  trial.require(answer.found.has_value(), "the hit carries the entry");
  trial.expect(answer.found->version == outcome.version, "with its version");
  trial.span_is(answer.found->life_left, kLong.total(), "with its life_left");
}

awaitable<void> fill_stores_and_ends_the_lease(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect(co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::stored,
               "fill stores");
  trial.equal(text_of(co_await get(trial, key)), "text", "get after fill");
  trial.equal(words(co_await ask(trial, key)), "not_needed text", "the next asker");
  trial.expect(co_await fill(trial, entry_of(key, "again"), token) == FillOutcome::void_lease,
               "a second fill is void");
  trial.expect(!co_await renew(trial, key, token), "the lease cannot be renewed any more");
  trial.equal(text_of(co_await get(trial, key)), "text", "get after the void fill");
}

awaitable<void> fill_without_life_ends_the_lease(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect(co_await fill(trial, entry_of(key, "text", Life()), token) == FillOutcome::stored,
               "fill ends the lease");
  trial.equal(words(co_await ask(trial, key)), "granted", "the next asker");
}

awaitable<void> hands_out_the_stale_entry_while_one_loads(Trial& trial) {
  const Key key = trial.key("a");
  const Life life{.fresh = milliseconds(200), .stale = std::chrono::hours(1)};
  co_await put(trial, entry_of(key, "stale", life));
  co_await trial.pass(life.fresh);
  const LeaseAnswer answer = co_await ask(trial, key);
  trial.equal(words(answer), "granted stale", "the first asker");
  trial.expect(answer.found && !answer.found->is_fresh(), "what is found is stale");
  trial.equal(words(co_await ask(trial, key)), "busy stale", "the second asker");
  trial.expect(co_await fill(trial, entry_of(key, "fresh"), answer.token) == FillOutcome::stored,
               "fill stores over the stale entry");
  trial.equal(words(co_await ask(trial, key)), "not_needed fresh", "the third asker");
}

awaitable<void> treats_a_despised_version_as_stale(Trial& trial) {
  const Key key = trial.key("a");
  const Version version = (co_await put(trial, entry_of(key, "old"))).version;
  const LeaseRequest despite{.key = key, .hold = kHold, .despite = version};
  const LeaseAnswer answer = co_await ask(trial, despite);
  trial.equal(words(answer), "granted old", "the first asker who will not take it");
  trial.equal(words(co_await ask(trial, despite)), "busy old", "the second");
  trial.equal(words(co_await ask(trial, key)), "not_needed old", "one who takes it");
  trial.expect(co_await fill(trial, entry_of(key, "new"), answer.token) == FillOutcome::stored,
               "fill stores over it");
  trial.equal(words(co_await ask(trial, despite)), "not_needed new", "one who despises the old");
}

awaitable<void> a_lease_counts_from_its_renewal(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  co_await trial.pass_almost(kHold);
  trial.equal(words(co_await ask(trial, key)), "busy", "just before the hold ends");
  trial.expect(co_await renew(trial, key, token), "renew just before the hold ends");
  co_await trial.pass_almost(kHold);
  trial.equal(words(co_await ask(trial, key)), "busy", "just before the renewed hold ends");
  trial.expect(co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::stored,
               "fill within the renewed hold");
}

awaitable<void> release_lets_the_next_asker_load(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect(co_await release(trial, key, token), "release answers true");
  const LeaseAnswer next = co_await ask(trial, key);
  trial.equal(words(next), "granted", "the next asker");
  trial.expect(next.token > token, "the token has grown");
  trial.expect(!co_await release(trial, key, token), "a second release answers false");
  trial.equal(words(co_await ask(trial, key)), "busy", "an asker after the void release");
}

awaitable<void> tokens_of_a_key_only_grow(Trial& trial) {
  const Key key = trial.key("a");
  LeaseToken last{};
  for (int i = 0; i < 5; ++i) {
    const LeaseToken token = co_await be_granted(trial, key);
    trial.expect(token > last, "a later token is larger");
    last = token;
    co_await fill(trial, entry_of(key, "text"), token);
    co_await erase(trial, key);
  }
}

awaitable<void> answers_the_items_of_a_batch_one_after_another(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(trial.key("b"), "text"));
  const std::vector<LeaseRequest> requests{
      {.key = key, .hold = kHold}, {.key = trial.key("b"), .hold = kHold}, {.key = key}};
  const auto answers =
      trial.must(co_await trial.store().read_or_lease(requests, trial.soon()), 3, "read_or_lease");
  trial.equal(words(answers[0]), "granted", "the first item");
  trial.equal(words(answers[1]), "not_needed text", "the second item");
  trial.equal(words(answers[2]), "busy", "the third item, the key of the first");
}

awaitable<void> refuses_a_hold_out_of_range(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseHold lease{.key = key, .token = LeaseToken(1)};
  for (const milliseconds hold :
       {milliseconds(0), milliseconds(-1), milliseconds(std::chrono::hours(1)) + milliseconds(1)}) {
    const LeaseRequest request{.key = key, .hold = hold};
    auto asked = co_await trial.store().read_or_lease(std::span(&request, 1), trial.soon());
    trial.fails(trial.only(std::move(asked), "read_or_lease"), Errc::invalid_argument,
                "read_or_lease");
    auto renewed = co_await trial.store().renew(std::span(&lease, 1), hold, trial.soon());
    trial.fails(trial.only(std::move(renewed), "renew"), Errc::invalid_argument, "renew");
  }
  trial.equal(words(co_await ask(trial, key)), "granted", "an asker after the refused ones");
}

awaitable<void> grants_exactly_one_of_many_askers(Trial& trial) {
  for (int round = 0; round < 10; ++round) {
    const Key key = trial.key("round" + std::to_string(round));
    std::vector<awaitable<LeaseAnswer>> askers;
    for (std::size_t i = 0; i < Trial::kCallers; ++i) {
      askers.push_back(ask(trial, LeaseRequest{.key = key}));
    }
    std::size_t granted = 0;
    std::size_t busy = 0;
    for (const LeaseAnswer& answer : co_await trial.together(std::move(askers))) {
      granted += answer.state == LeaseState::granted ? 1U : 0U;
      busy += answer.state == LeaseState::busy ? 1U : 0U;
    }
    trial.equal(granted, std::size_t{1}, "askers granted");
    trial.equal(busy, Trial::kCallers - 1, "askers told that someone loads");
  }
}

}  // namespace

std::vector<Check> lease_checks() {
  constexpr auto kNeeds = &Capabilities::leases;
  return {
      {"Leases", "grants_one_asker_and_is_busy_for_the_next", kNeeds,
       grants_one_asker_and_is_busy_for_the_next},
      {"Leases", "needs_no_lease_for_a_fresh_entry", kNeeds, needs_no_lease_for_a_fresh_entry},
      {"Leases", "fill_stores_and_ends_the_lease", kNeeds, fill_stores_and_ends_the_lease},
      {"Leases", "fill_without_life_ends_the_lease", kNeeds, fill_without_life_ends_the_lease},
      {"Leases", "hands_out_the_stale_entry_while_one_loads", kNeeds,
       hands_out_the_stale_entry_while_one_loads},
      {"Leases", "treats_a_despised_version_as_stale", kNeeds, treats_a_despised_version_as_stale},
      {"Leases", "counts_the_hold_from_its_renewal", kNeeds, a_lease_counts_from_its_renewal},
      {"Leases", "release_lets_the_next_asker_load", kNeeds, release_lets_the_next_asker_load},
      {"Leases", "tokens_of_a_key_only_grow", kNeeds, tokens_of_a_key_only_grow},
      {"Leases", "answers_the_items_of_a_batch_one_after_another", kNeeds,
       answers_the_items_of_a_batch_one_after_another},
      {"Leases", "refuses_a_hold_out_of_range", kNeeds, refuses_a_hold_out_of_range},
      {"Leases", "grants_exactly_one_of_many_askers", kNeeds, grants_exactly_one_of_many_askers},
  };
}

}  // namespace larder::testkit

// A void lease cannot write.
#include <string>

#include "conformance/groups.hpp"
#include "conformance/leases.hpp"

namespace larder::testkit {
namespace {

// The holder of a lost lease can do nothing with it, and `left` is what the key has.
awaitable<void> expect_void(Trial& trial, Key key, LeaseToken token, std::string_view left,
                            Where where = Where::current()) {
  trial.expect(!co_await renew(trial, key, token, where), "renew of a void lease", where);
  const FillOutcome outcome = co_await fill(trial, entry_of(key, "void"), token, where);
  trial.expect(outcome == FillOutcome::void_lease, "fill of a void lease answers void_lease",
               where);
  trial.expect(!co_await release(trial, key, token, where), "release of a void lease", where);
  trial.equal(text_of(co_await get(trial, key, where)), left, "get after the void fill", where);
}

awaitable<void> a_lease_is_void_when_its_hold_ends(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  co_await trial.pass(kHold);
  co_await expect_void(trial, key, token, "(miss)");
  const LeaseAnswer next = co_await ask(trial, key);
  trial.equal(words(next), "granted", "the next asker");
  trial.expect(next.token > token, "the token has grown");
  co_await expect_void(trial, key, token, "(miss)");
  trial.expect(co_await fill(trial, entry_of(key, "next"), next.token) == FillOutcome::stored,
               "the next owner fills");
}

awaitable<void> erase_voids_a_lease(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect(!co_await erase(trial, key), "erase finds no entry under a lease");
  co_await expect_void(trial, key, token, "(miss)");
  trial.equal(words(co_await ask(trial, key)), "granted", "the next asker");
}

awaitable<void> put_voids_a_lease(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect((co_await put(trial, entry_of(key, "put"))).stored, "put stores");
  co_await expect_void(trial, key, token, "put");
}

awaitable<void> a_put_that_stores_nothing_voids_nothing(Trial& trial) {
  if (!trial.can().conditions) {
    const PutItem item{.entry = entry_of(trial.key("a"), "put"), .condition = IfVersion()};
    trial.fails(trial.only(co_await trial.store().put(std::span(&item, 1), trial.soon()), "put"),
                Errc::unsupported, "put with a condition");
    co_return;
  }
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  trial.expect(!(co_await put(trial, entry_of(key, "put"), IfVersion{Version(1)})).stored,
               "put over a version that is not there");
  trial.expect(co_await fill(trial, entry_of(key, "fill"), token) == FillOutcome::stored,
               "fill after a put that stored nothing");
}

awaitable<void> release_voids_a_lease(Trial& trial) {
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  co_await release(trial, key, token);
  co_await expect_void(trial, key, token, "(miss)");
}

awaitable<void> a_token_that_was_never_granted_is_void(Trial& trial) {
  const Key key = trial.key("a");
  co_await expect_void(trial, key, LeaseToken(0), "(miss)");
  co_await expect_void(trial, key, LeaseToken(1), "(miss)");
  const LeaseToken token = co_await be_granted(trial, key);
  co_await expect_void(trial, key, LeaseToken(std::to_underlying(token) + 1), "(miss)");
  trial.expect(co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::stored,
               "the owner's fill afterwards");
}

awaitable<void> an_erase_is_never_undone_by_a_fill_at_the_same_time(Trial& trial) {
  const auto fill_it = [&trial](Key key, LeaseToken token) -> awaitable<bool> {
    co_return co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::stored;
  };
  for (int round = 0; round < 20; ++round) {
    const Key key = trial.key("round" + std::to_string(round));
    const LeaseToken token = co_await be_granted(trial, key);
    std::vector<awaitable<bool>> callers;
    for (std::size_t i = 0; i + 1 < Trial::kThreads; ++i) {
      callers.push_back(fill_it(key, token));
    }
    callers.push_back(erase(trial, key));
    co_await trial.together(std::move(callers));
    trial.equal(text_of(co_await get(trial, key)), "(miss)",
                "get after an erase and a fill in either order");
  }
}

}  // namespace

std::vector<Check> void_lease_checks() {
  constexpr auto kNeeds = &Capabilities::leases;
  return {
      {"Leases", "a_lease_is_void_when_its_hold_ends", kNeeds, a_lease_is_void_when_its_hold_ends},
      {"Leases", "erase_voids_a_lease", kNeeds, erase_voids_a_lease},
      {"Leases", "put_voids_a_lease", kNeeds, put_voids_a_lease},
      {"Leases", "a_put_that_stores_nothing_voids_nothing", kNeeds,
       a_put_that_stores_nothing_voids_nothing},
      {"Leases", "release_voids_a_lease", kNeeds, release_voids_a_lease},
      {"Leases", "a_token_that_was_never_granted_is_void", kNeeds,
       a_token_that_was_never_granted_is_void},
      {"Leases", "an_erase_is_never_undone_by_a_fill_at_the_same_time", kNeeds,
       an_erase_is_never_undone_by_a_fill_at_the_same_time},
  };
}

}  // namespace larder::testkit

// Several handles on one store, as several processes have.
#include "conformance/events.hpp"
#include "conformance/groups.hpp"
#include "conformance/leases.hpp"

namespace larder::testkit {
namespace {

awaitable<void> shows_every_handle_the_same_values(Trial& trial) {
  CacheBackend* other = co_await trial.another_handle();
  const Key key = trial.key("a");
  const std::span one(&key, 1);
  const PutOutcome outcome = co_await put(trial, entry_of(key, "text"));
  const auto found = trial.must(co_await other->get(one, trial.soon()), 1, "get").front();
  trial.equal(text_of(found), "text", "get through the other handle");
  trial.expect(found && found->version == outcome.version, "with the same version");
  trial.expect(trial.must(co_await other->erase(one, trial.soon()), 1, "erase").front(),
               "erase through the other handle");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after it");
}

awaitable<void> gives_one_lease_over_all_handles(Trial& trial) {
  if (!trial.can().leases) {
    const LeaseRequest request{.key = trial.key("a")};
    auto batch = co_await trial.store().read_or_lease(std::span(&request, 1), trial.soon());
    trial.fails(trial.only(std::move(batch), "read_or_lease"), Errc::unsupported, "read_or_lease");
    co_return;
  }
  CacheBackend* other = co_await trial.another_handle();
  const Key key = trial.key("a");
  const LeaseToken token = co_await be_granted(trial, key);
  const LeaseRequest request{.key = key};
  const auto answer = trial.must(
      co_await other->read_or_lease(std::span(&request, 1), trial.soon()), 1, "read_or_lease");
  trial.equal(words(answer.front()), "busy", "an asker at the other handle");
  trial.must(co_await other->erase(std::span(&key, 1), trial.soon()), 1, "erase");
  trial.expect(co_await fill(trial, entry_of(key, "text"), token) == FillOutcome::void_lease,
               "an erase through the other handle voids the lease");
}

awaitable<void> carries_messages_between_handles(Trial& trial) {
  const Key channel = trial.key("a");
  if (!trial.can().messages) {
    trial.fails(co_await trial.store().publish(channel, Bytes(), trial.soon()), Errc::unsupported,
                "publish");
    co_return;
  }
  CacheBackend* other = co_await trial.another_handle();
  const auto stream = trial.must(
      co_await trial.store().subscribe(std::span(&channel, 1), trial.soon()), "subscribe");
  trial.must(co_await other->publish(channel, Bytes::copy_of("text"), trial.soon()), "publish");
  const Notice notice = trial.must(co_await stream->next(trial.soon()), "next");
  const auto* message = std::get_if<Message>(&notice);
  trial.expect(message != nullptr && message->payload.view() == "text", "the message arrives");
}

awaitable<void> keeps_one_log_and_one_epoch_for_all_handles(Trial& trial) {
  CacheBackend* other = co_await trial.another_handle();
  const Key key = trial.key("a");
  if (trial.can().events) {
    co_await append(trial, key, "1");
    const EventPosition position = trial.must(
        co_await other->append(key, Bytes::copy_of("2"), LogBounds(), trial.soon()), "append");
    trial.equal(position.sequence, std::uint64_t{2}, "the sequence at the other handle");
    trial.equal(words(co_await read_after(trial, key, EventPosition())), "1 2", "the log");
  }
  if (trial.can().epochs) {
    const std::span one(&key, 1);
    const auto mine = trial.must(co_await trial.store().epochs(one, trial.soon()), 1, "epochs");
    const auto theirs = trial.must(co_await other->epochs(one, trial.soon()), 1, "epochs");
    trial.expect(mine.front() == theirs.front(), "the epoch at the other handle");
  }
}

}  // namespace

std::vector<Check> sharing_checks() {
  constexpr auto kNeeds = &Capabilities::shared;
  return {
      {"Sharing", "shows_every_handle_the_same_values", kNeeds, shows_every_handle_the_same_values},
      {"Sharing", "gives_one_lease_over_all_handles", kNeeds, gives_one_lease_over_all_handles},
      {"Sharing", "carries_messages_between_handles", kNeeds, carries_messages_between_handles},
      {"Sharing", "keeps_one_log_and_one_epoch_for_all_handles", kNeeds,
       keeps_one_log_and_one_epoch_for_all_handles},
  };
}

}  // namespace larder::testkit

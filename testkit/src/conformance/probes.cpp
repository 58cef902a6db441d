#include "conformance/probes.hpp"

#include <array>
#include <string>

namespace larder::testkit {
namespace {

using Answer = std::optional<Error>;

template <typename T>
Answer error_of(const Result<T>& result) {
  return result.has_value() ? Answer() : Answer(result.error());
}

template <typename T>
Answer error_of(const Batch<T>& batch) {
  return batch.empty() ? Answer(Error(Errc::protocol_error, "no answer for one item"))
                       : error_of(batch.front());
}

awaitable<Answer> probe_get(Trial& trial, Deadline deadline) {
  const Key key = trial.key("probe");
  co_return error_of(co_await trial.store().get(std::span(&key, 1), deadline));
}

awaitable<Answer> probe_put_if(Trial& trial, Condition condition, Deadline deadline) {
  const PutItem item{.entry = entry_of(trial.key("probe"), "probe"), .condition = condition};
  co_return error_of(co_await trial.store().put(std::span(&item, 1), deadline));
}

awaitable<Answer> probe_put(Trial& trial, Deadline deadline) {
  co_return co_await probe_put_if(trial, Always(), deadline);
}

awaitable<Answer> probe_put_if_absent(Trial& trial, Deadline deadline) {
  co_return co_await probe_put_if(trial, IfAbsent(), deadline);
}

awaitable<Answer> probe_put_if_version(Trial& trial, Deadline deadline) {
  co_return co_await probe_put_if(trial, IfVersion(), deadline);
}

awaitable<Answer> probe_erase(Trial& trial, Deadline deadline) {
  const Key key = trial.key("probe");
  co_return error_of(co_await trial.store().erase(std::span(&key, 1), deadline));
}

awaitable<Answer> probe_touch(Trial& trial, Deadline deadline) {
  const TouchItem item{.key = trial.key("probe"), .fresh = milliseconds(1000)};
  co_return error_of(co_await trial.store().touch(std::span(&item, 1), deadline));
}

awaitable<Answer> probe_read_or_lease(Trial& trial, Deadline deadline) {
  const LeaseRequest request{.key = trial.key("probe")};
  co_return error_of(co_await trial.store().read_or_lease(std::span(&request, 1), deadline));
}

awaitable<Answer> probe_fill(Trial& trial, Deadline deadline) {
  const Fill fill{.entry = entry_of(trial.key("probe"), "probe"), .token = LeaseToken(1)};
  co_return error_of(co_await trial.store().fill(std::span(&fill, 1), deadline));
}

awaitable<Answer> probe_renew(Trial& trial, Deadline deadline) {
  const LeaseHold lease{.key = trial.key("probe"), .token = LeaseToken(1)};
  co_return error_of(
      co_await trial.store().renew(std::span(&lease, 1), milliseconds(1000), deadline));
}

awaitable<Answer> probe_release(Trial& trial, Deadline deadline) {
  const LeaseHold lease{.key = trial.key("probe"), .token = LeaseToken(1)};
  co_return error_of(co_await trial.store().release(std::span(&lease, 1), deadline));
}

awaitable<Answer> probe_add(Trial& trial, Deadline deadline) {
  const Addition addition{.key = trial.key("probe"), .delta = 0};
  co_return error_of(co_await trial.store().add(std::span(&addition, 1), deadline));
}

awaitable<Answer> probe_take(Trial& trial, Deadline deadline) {
  const QuotaRequest request{.key = trial.key("probe"), .cost = 0};
  co_return error_of(co_await trial.store().take(std::span(&request, 1), deadline));
}

awaitable<Answer> probe_epochs(Trial& trial, Deadline deadline) {
  const Tag tag = trial.key("probe");
  co_return error_of(co_await trial.store().epochs(std::span(&tag, 1), deadline));
}

awaitable<Answer> probe_bump(Trial& trial, Deadline deadline) {
  const Tag tag = trial.key("probe");
  co_return error_of(co_await trial.store().bump(std::span(&tag, 1), deadline));
}

awaitable<Answer> probe_append(Trial& trial, Deadline deadline) {
  co_return error_of(co_await trial.store().append(trial.key("probe"), Bytes::copy_of("probe"),
                                                   LogBounds(), deadline));
}

awaitable<Answer> probe_read_after(Trial& trial, Deadline deadline) {
  co_return error_of(
      co_await trial.store().read_after(trial.key("probe"), EventPosition(), 1, deadline));
}

awaitable<Answer> probe_publish(Trial& trial, Deadline deadline) {
  co_return error_of(
      co_await trial.store().publish(trial.key("probe"), Bytes::copy_of("probe"), deadline));
}

awaitable<Answer> probe_subscribe(Trial& trial, Deadline deadline) {
  const Key channel = trial.key("probe");
  co_return error_of(co_await trial.store().subscribe(std::span(&channel, 1), deadline));
}

awaitable<Answer> probe_watch(Trial& trial, Deadline deadline) {
  co_return error_of(co_await trial.store().watch(deadline));
}

awaitable<Answer> probe_scan(Trial& trial, Deadline deadline) {
  co_return error_of(co_await trial.store().scan(ScanRequest(), deadline));
}

awaitable<Answer> probe_ping(Trial& trial, Deadline deadline) {
  co_return error_of(co_await trial.store().ping(deadline));
}

constexpr std::array kProbes{
    VerbProbe{"get", "", nullptr, probe_get},
    VerbProbe{"put", "", nullptr, probe_put},
    VerbProbe{"erase", "", nullptr, probe_erase},
    VerbProbe{"touch", "", nullptr, probe_touch},
    VerbProbe{"ping", "", nullptr, probe_ping},
    VerbProbe{"put_if_absent", "conditions", &Capabilities::conditions, probe_put_if_absent},
    VerbProbe{"put_if_version", "conditions", &Capabilities::conditions, probe_put_if_version},
    VerbProbe{"read_or_lease", "leases", &Capabilities::leases, probe_read_or_lease},
    VerbProbe{"fill", "leases", &Capabilities::leases, probe_fill},
    VerbProbe{"renew", "leases", &Capabilities::leases, probe_renew},
    VerbProbe{"release", "leases", &Capabilities::leases, probe_release},
    VerbProbe{"add", "counters", &Capabilities::counters, probe_add},
    VerbProbe{"take", "quotas", &Capabilities::quotas, probe_take},
    VerbProbe{"epochs", "epochs", &Capabilities::epochs, probe_epochs},
    VerbProbe{"bump", "epochs", &Capabilities::epochs, probe_bump},
    VerbProbe{"append", "events", &Capabilities::events, probe_append},
    VerbProbe{"read_after", "events", &Capabilities::events, probe_read_after},
    VerbProbe{"publish", "messages", &Capabilities::messages, probe_publish},
    VerbProbe{"subscribe", "messages", &Capabilities::messages, probe_subscribe},
    VerbProbe{"watch", "watch", &Capabilities::watch, probe_watch},
    VerbProbe{"scan", "scan", &Capabilities::scan, probe_scan},
};

awaitable<void> check_nothing_is_kept(Trial& trial) {
  const Key key = trial.key("forgotten");
  trial.expect((co_await put(trial, entry_of(key, "text"))).stored, "put is accepted");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after a put that keeps nothing");
  trial.expect(!co_await touch(trial, key, milliseconds(1000)), "touch finds nothing");
  trial.expect(!co_await erase(trial, key), "erase finds nothing");
}

awaitable<void> check_handles_are_apart(Trial& trial) {
  CacheBackend* other = co_await trial.another_handle();
  const Key key = trial.key("mine");
  co_await put(trial, entry_of(key, "text"));
  const auto found =
      trial.must(trial.only(co_await other->get(std::span(&key, 1), trial.soon()), "get"), "get");
  trial.equal(text_of(found), "(miss)", "what another handle sees (Capabilities.shared is false)");
}

}  // namespace

std::span<const VerbProbe> verb_probes() { return kProbes; }

awaitable<void> check_undeclared(Trial& trial, bool Capabilities::* capability) {
  if (capability == &Capabilities::values) {
    co_await check_nothing_is_kept(trial);
  }
  if (capability == &Capabilities::shared) {
    co_await check_handles_are_apart(trial);
  }
  for (const VerbProbe& probe : kProbes) {
    if (probe.needs == capability) {
      const Answer error = co_await probe.call(trial, trial.soon());
      trial.expect(error && error->code() == Errc::unsupported,
                   std::string("verb ")
                       .append(probe.verb)
                       .append(" answers unsupported (Capabilities.")
                       .append(probe.capability)
                       .append(" is false)"));
    }
  }
}

}  // namespace larder::testkit

#include "reference_store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "reference_batch.hpp"

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

// Waiting for a frozen store is looking again and again.
constexpr std::chrono::microseconds kLookEvery{100};
// What has less still finds room in a full store.
constexpr std::size_t kSmallBytes = 1024;

constexpr Capabilities kCapabilities{
    .values = true,
    .conditions = true,
    .leases = true,
    .counters = true,
    .quotas = true,
    .epochs = true,
    .events = true,
    .messages = true,
    .watch = true,
    .scan = true,
    .shared = false,
    .durable = false,
    .value_bytes_max = std::size_t{2} << 20,
    .batch_max = 100,
};

bool hold_is_valid(milliseconds hold) {
  return hold >= milliseconds(1) && hold <= std::chrono::hours(1);
}

}  // namespace

const Capabilities& ReferenceBackend::capabilities() const noexcept { return kCapabilities; }

std::optional<Error> ReferenceBackend::refusal(std::size_t items, Deadline deadline) const {
  if (closed_) {
    return Error(Errc::closed, "reference store");
  }
  if (deadline <= clock_.now()) {
    return Error(Errc::timeout, "deadline");
  }
  if (!reachable_) {
    return Error(Errc::unavailable, "reference store");
  }
  if (items > kCapabilities.batch_max) {
    return Error(Errc::invalid_argument, "batch");
  }
  return std::nullopt;
}

std::optional<Error> ReferenceBackend::gives_up(Deadline deadline) const {
  if (closed_) {
    return Error(Errc::closed, "reference store");
  }
  if (deadline <= clock_.now()) {
    return Error(Errc::timeout, Advice::unknown_outcome, "deadline");
  }
  return std::nullopt;
}

awaitable<std::optional<Error>> ReferenceBackend::reach(Deadline deadline) {
  if (!frozen_) {
    co_return std::nullopt;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (frozen_) {
    if (auto error = gives_up(deadline)) {
      co_return error;
    }
    // Looked at before each await, which throws once the coroutine is cancelled.
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      co_return Error(Errc::cancelled, "reference store");
    }
    timer.expires_after(kLookEvery);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::nullopt;
}

void ReferenceBackend::restart_empty() {
  const std::lock_guard lock(mutex_);
  values_.clear();
  leases_.clear();
  counters_.clear();
  quotas_.clear();
  epochs_.clear();
  logs_.clear();
  for (const auto& [channels, weak] : inboxes_) {
    if (const auto inbox = weak.lock()) {
      inbox->post(MessagesLost(), MessagesLost());
    }
  }
  for (const auto& weak : outlooks_) {
    if (const auto outlook = weak.lock()) {
      outlook->post(WatchLost(), WatchLost());
    }
  }
}

std::optional<Found> ReferenceBackend::find(const Key& key) const {
  const auto place = values_.find(key);
  if (place == values_.end() || place->second.end <= clock_.now()) {
    return std::nullopt;
  }
  const Record& record = place->second;
  return Found{.entry = record.entry,
               .life_left = std::chrono::duration_cast<milliseconds>(record.end - clock_.now()),
               .version = record.version};
}

void ReferenceBackend::changed(const Key& key) {
  for (const auto& weak : outlooks_) {
    if (const auto outlook = weak.lock()) {
      outlook->post(KeysChanged{.keys = {key}}, WatchLost());
    }
  }
}

Result<PutOutcome> ReferenceBackend::write(const PutItem& item) {
  const Entry& entry = item.entry;
  if (entry.value.size() > kCapabilities.value_bytes_max) {
    return fail(Errc::too_large, "value");
  }
  if (entry.life.total() > Life::kTotalMax) {
    return fail(Errc::invalid_argument, "life");
  }
  const std::optional<Found> found = find(entry.key);
  const auto* wanted = std::get_if<IfVersion>(&item.condition);
  if ((std::holds_alternative<IfAbsent>(item.condition) && found) ||
      (wanted != nullptr && (!found || found->version != wanted->version))) {
    return PutOutcome();
  }
  if (full_ && entry.value.size() > kSmallBytes) {
    return fail(Errc::storage_full, "reference store");
  }
  ++stats_.writes;
  const Version version{++last_version_};
  values_.insert_or_assign(entry.key, Record{.entry = PackedEntry::pack(entry),
                                             .end = clock_.now() + entry.life.total(),
                                             .version = version});
  leases_.erase(entry.key);
  changed(entry.key);
  return PutOutcome{.stored = true, .version = version};
}

bool ReferenceBackend::remove(const Key& key) {
  const bool there = find(key).has_value();
  values_.erase(key);
  leases_.erase(key);
  changed(key);
  return there;
}

bool ReferenceBackend::holds(const LeaseHold& lease) const {
  const auto place = leases_.find(lease.key);
  return place != leases_.end() && place->second.token == lease.token &&
         place->second.end > clock_.now();
}

awaitable<Batch<std::optional<Found>>> ReferenceBackend::get(std::span<const Key> keys,
                                                             Deadline deadline) {
  co_return co_await each<std::optional<Found>>(keys, deadline, [this](const Key& key) {
    auto found = find(key);
    ++(found ? stats_.hits : stats_.misses);
    return Result<std::optional<Found>>(std::move(found));
  });
}

awaitable<Batch<PutOutcome>> ReferenceBackend::put(std::span<const PutItem> items,
                                                   Deadline deadline) {
  co_return co_await each<PutOutcome>(items, deadline,
                                      [this](const PutItem& item) { return write(item); });
}

awaitable<Batch<bool>> ReferenceBackend::erase(std::span<const Key> keys, Deadline deadline) {
  co_return co_await each<bool>(keys, deadline,
                                [this](const Key& key) { return Result<bool>(remove(key)); });
}

awaitable<Batch<bool>> ReferenceBackend::touch(std::span<const TouchItem> items,
                                               Deadline deadline) {
  co_return co_await each<bool>(items, deadline, [this](const TouchItem& item) -> Result<bool> {
    const auto found = find(item.key);
    if (!found) {
      return false;
    }
    const milliseconds stale = found->entry->life().stale;
    const milliseconds left =
        item.fresh > milliseconds(0) ? item.fresh + stale : std::min(found->life_left, stale);
    values_.at(item.key).end = clock_.now() + left;
    changed(item.key);
    return true;
  });
}

awaitable<Batch<LeaseAnswer>> ReferenceBackend::read_or_lease(
    std::span<const LeaseRequest> requests, Deadline deadline) {
  co_return co_await each<LeaseAnswer>(
      requests, deadline, [this](const LeaseRequest& request) -> Result<LeaseAnswer> {
        if (!hold_is_valid(request.hold)) {
          return fail(Errc::invalid_argument, "hold");
        }
        LeaseAnswer answer{.found = find(request.key)};
        if (answer.found && answer.found->is_fresh() && answer.found->version != request.despite) {
          answer.state = LeaseState::not_needed;
          return answer;
        }
        const auto place = leases_.find(request.key);
        if (place == leases_.end() || place->second.end <= clock_.now()) {
          answer.state = LeaseState::granted;
          answer.token = LeaseToken(++last_token_);
          leases_.insert_or_assign(
              request.key, Lease{.token = answer.token, .end = clock_.now() + request.hold});
        }
        return answer;
      });
}

awaitable<Batch<FillOutcome>> ReferenceBackend::fill(std::span<const Fill> fills,
                                                     Deadline deadline) {
  co_return co_await each<FillOutcome>(fills, deadline,
                                       [this](const Fill& item) -> Result<FillOutcome> {
                                         if (!holds({.key = item.entry.key, .token = item.token})) {
                                           return FillOutcome::void_lease;
                                         }
                                         const auto outcome = write({.entry = item.entry});
                                         return outcome ? Result<FillOutcome>(FillOutcome::stored)
                                                        : std::unexpected(outcome.error());
                                       });
}

awaitable<Batch<bool>> ReferenceBackend::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                               Deadline deadline) {
  co_return co_await each<bool>(leases, deadline,
                                [this, hold](const LeaseHold& lease) -> Result<bool> {
                                  if (!hold_is_valid(hold)) {
                                    return fail(Errc::invalid_argument, "hold");
                                  }
                                  if (!holds(lease)) {
                                    return false;
                                  }
                                  leases_.at(lease.key).end = clock_.now() + hold;
                                  return true;
                                });
}

awaitable<Batch<bool>> ReferenceBackend::release(std::span<const LeaseHold> leases,
                                                 Deadline deadline) {
  co_return co_await each<bool>(leases, deadline, [this](const LeaseHold& lease) {
    return Result<bool>(holds(lease) && leases_.erase(lease.key) > 0);
  });
}

awaitable<Result<ScanPage>> ReferenceBackend::scan(ScanRequest request, Deadline deadline) {
  co_return co_await once<ScanPage>(deadline, [this, &request]() -> Result<ScanPage> {
    if (request.count < 1 || request.count > 10'000) {
      return fail(Errc::invalid_argument, "count");
    }
    ScanPage page;
    for (const auto& [key, record] : values_) {
      if (key.text() <= request.cursor || !find(key) ||
          (!request.name_space.empty() && key.name_space() != request.name_space)) {
        continue;
      }
      if (page.keys.size() == request.count) {
        page.cursor = page.keys.back().text();
        break;
      }
      page.keys.push_back(key);
    }
    return page;
  });
}

BackendStats ReferenceBackend::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

awaitable<Result<void>> ReferenceBackend::ping(Deadline deadline) {
  co_return co_await once<void>(deadline, [] { return Result<void>(); });
}

awaitable<void> ReferenceBackend::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [channels, weak] : inboxes_) {
    if (const auto inbox = weak.lock()) {
      inbox->close();
    }
  }
  for (const auto& weak : outlooks_) {
    if (const auto outlook = weak.lock()) {
      outlook->close();
    }
  }
  co_return;
}

}  // namespace larder::testkit

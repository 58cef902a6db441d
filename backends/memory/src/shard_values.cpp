// Values and leases of a shard.
#include <utility>
#include <variant>

#include "shard.hpp"

namespace larder::memory {
namespace {

bool holds(const Condition& condition, const Record* record) {
  if (std::holds_alternative<IfAbsent>(condition)) {
    return record == nullptr;
  }
  if (const auto* only = std::get_if<IfVersion>(&condition)) {
    return record != nullptr && record->version == only->version;
  }
  return true;
}

}  // namespace

std::optional<Found> Shard::read(const Target& at) {
  Record* record = find(at);
  if (record == nullptr) {
    ++misses_;
    return std::nullopt;
  }
  ++hits_;
  return values_.read(*record, now_);
}

Version Shard::write(const Target& at, EntryRef entry) {
  const Version version{common_.versions.fetch_add(1, std::memory_order_relaxed) + 1};
  const milliseconds life = entry->life().total();
  Record* over = find(at);
  ++writes_;
  if (life == milliseconds(0)) {
    if (over != nullptr) {
      values_.erase(*over);
    }
    return version;
  }
  Record fresh;
  fresh.bytes = record_bytes(*entry);
  fresh.entry = std::move(entry);
  fresh.version = version;
  fresh.ends = now_ + life;
  fresh.hash = at.hash;
  values_.write(over, std::move(fresh), value_room(), now_);
  return version;
}

std::optional<Found> Shard::get(const Target& at) {
  const Session session(*this, at.now, Session::kRead);
  return read(at);
}

PutOutcome Shard::put(const Target& at, EntryRef entry, const Condition& condition) {
  const Session session(*this, at.now, Session::kWrite);
  if (!holds(condition, find(at))) {
    return PutOutcome{};
  }
  static_cast<void>(leases_.take(at.key));
  return PutOutcome{.stored = true, .version = write(at, std::move(entry))};
}

bool Shard::erase(const Target& at) {
  const Session session(*this, at.now, Session::kWrite);
  static_cast<void>(leases_.take(at.key));
  Record* record = find(at);
  if (record == nullptr) {
    return false;
  }
  values_.erase(*record);
  return true;
}

Result<bool> Shard::touch(const Target& at, milliseconds fresh) {
  const Session session(*this, at.now, Session::kWrite);
  Record* record = find(at);
  if (record == nullptr) {
    return false;
  }
  const Life life{.fresh = fresh, .stale = record->entry->life().stale};
  const milliseconds total = life.total();
  if (total > Life::kTotalMax) {
    return fail(Errc::invalid_argument, "touch: fresh and stale life together over 10 years");
  }
  SteadyTime ends = now_ + total;
  if (fresh <= milliseconds(0)) {
    ends = std::min(ends, record->ends);
  }
  if (ends <= now_) {
    values_.erase(*record);
  } else {
    values_.set_end(*record, ends);
  }
  return true;
}

// ---- leases ----

Shard::Leases::Item* Shard::find_lease(const Target& at, LeaseToken token) {
  Leases::Item* lease = leases_.find(at.key, now_);
  return lease != nullptr && lease->value == token ? lease : nullptr;
}

Result<LeaseAnswer> Shard::read_or_lease(const Target& at, const LeaseRequest& request) {
  const Session session(*this, at.now, Session::kWrite);
  LeaseAnswer answer;
  answer.found = read(at);
  if (answer.found && answer.found->is_fresh() && answer.found->version != request.despite) {
    answer.state = LeaseState::not_needed;
    return answer;
  }
  if (leases_.find(at.key, now_) != nullptr) {
    answer.state = LeaseState::busy;
    return answer;
  }
  if (!make_held_room(leases_.cost(at.key))) {
    return fail(Errc::storage_full, "memory store: no room for another lease");
  }
  answer.state = LeaseState::granted;
  answer.token = LeaseToken{common_.tokens.fetch_add(1, std::memory_order_relaxed) + 1};
  leases_.set(at.key, answer.token, now_ + request.hold);
  return answer;
}

FillOutcome Shard::fill(const Target& at, EntryRef entry, LeaseToken token) {
  const Session session(*this, at.now, Session::kWrite);
  if (find_lease(at, token) == nullptr) {
    return FillOutcome::void_lease;
  }
  static_cast<void>(leases_.take(at.key));
  write(at, std::move(entry));
  return FillOutcome::stored;
}

bool Shard::renew(const Target& at, LeaseToken token, milliseconds hold) {
  const Session session(*this, at.now, Session::kWrite);
  Leases::Item* lease = find_lease(at, token);
  if (lease == nullptr) {
    return false;
  }
  leases_.set_end(*lease, now_ + hold);
  return true;
}

bool Shard::release(const Target& at, LeaseToken token) {
  const Session session(*this, at.now, Session::kWrite);
  if (find_lease(at, token) == nullptr) {
    return false;
  }
  static_cast<void>(leases_.take(at.key));
  return true;
}

}  // namespace larder::memory

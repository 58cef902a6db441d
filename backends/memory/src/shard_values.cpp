// Values and leases of a shard.
#include <utility>

#include "shard.hpp"

namespace larder::memory {

PutOutcome Shard::put(const Target& at, EntryRef entry, const Condition& condition) {
  const Session session(*this, at.now, Session::kWrite);
  const PutOutcome outcome = values_.write(at.key, at.hash, std::move(entry), condition, now_);
  if (outcome.stored) {
    static_cast<void>(leases_.take(at.key));
    count_write();
  }
  return outcome;
}

bool Shard::erase(const Target& at) {
  const Session session(*this, at.now, Session::kWrite);
  static_cast<void>(leases_.take(at.key));
  return values_.erase(at.key, at.hash, now_);
}

Result<bool> Shard::touch(const Target& at, milliseconds fresh) {
  const Session session(*this, at.now, Session::kWrite);
  return values_.touch(at.key, at.hash, fresh, now_);
}

void Shard::insert_copy(const Target& at, const Found& found, milliseconds life_max) {
  const Session session(*this, at.now, Session::kWrite);
  values_.insert_copy(at.key, at.hash, found, life_max, now_);
  count_write();
}

// ---- leases ----

Shard::Leases::Item* Shard::find_lease(const Target& at, LeaseToken token) {
  Leases::Item* lease = leases_.find(at.key, now_);
  return lease != nullptr && lease->value == token ? lease : nullptr;
}

Result<LeaseAnswer> Shard::read_or_lease(const Target& at, const LeaseRequest& request) {
  const Session session(*this, at.now, Session::kWrite);
  LeaseAnswer answer;
  answer.found = values_.get(at.key, at.hash, now_);
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
  static_cast<void>(values_.write(at.key, at.hash, std::move(entry), Always{}, now_));
  count_write();
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

#include "lane.hpp"

#include <utility>

namespace larder::memory {

PutOutcome Lane::put(const Target& at, EntryRef entry, const Condition& condition) {
  const Session session(*this, at.now, Steps::write);
  const PutOutcome outcome = values_.write(at.key, at.hash, std::move(entry), condition, now_);
  if (outcome.stored) {
    static_cast<void>(leases_.take(at.key));
    count_write();
  }
  return outcome;
}

bool Lane::erase(const Target& at) {
  const Session session(*this, at.now, Steps::write);
  static_cast<void>(leases_.take(at.key));
  return values_.erase(at.key, at.hash, now_);
}

Result<bool> Lane::touch(const Target& at, milliseconds fresh) {
  const Session session(*this, at.now, Steps::write);
  return values_.touch(at.key, at.hash, fresh, now_);
}

void Lane::insert_copy(const Target& at, const Found& found, SteadyTime until) {
  const Session session(*this, at.now, Steps::write);
  values_.insert_copy(at.key, at.hash, found, until, now_);
  count_write();
}

void Lane::count_write() {
  // Only under the lock, so that a plain addition will do.
  const std::uint64_t writes = writes_.load(std::memory_order_relaxed) + 1;
  writes_.store(writes, std::memory_order_relaxed);
  if (writes % Values::kWritesPerSweep == 0) {
    values_.sweep_some(now_);
  }
}

// ---- leases ----

bool Lane::make_room(std::size_t bytes) {
  const std::size_t bytes_max = common_.bounds.lease_bytes;
  while (leases_.bytes() + bytes > bytes_max && reclaim_one()) {
  }
  if (leases_.bytes() + bytes > bytes_max) {
    return false;
  }
  values_.claim(bytes);
  claimed_ += bytes;
  return true;
}

Lane::Leases::Item* Lane::find_lease(const Target& at, LeaseToken token) {
  Leases::Item* lease = leases_.find(at.key, now_);
  return lease != nullptr && lease->value == token ? lease : nullptr;
}

Result<LeaseAnswer> Lane::read_or_lease(const Target& at, const LeaseRequest& request) {
  const Session session(*this, at.now, Steps::write);
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
  if (!make_room(leases_.cost(at.key))) {
    return fail(Errc::storage_full, "memory store: no room for another lease");
  }
  answer.state = LeaseState::granted;
  answer.token = LeaseToken{common_.tokens.fetch_add(1, std::memory_order_relaxed) + 1};
  leases_.set(at.key, answer.token, now_ + request.hold);
  return answer;
}

FillOutcome Lane::fill(const Target& at, EntryRef entry, LeaseToken token) {
  const Session session(*this, at.now, Steps::write);
  if (find_lease(at, token) == nullptr) {
    return FillOutcome::void_lease;
  }
  static_cast<void>(leases_.take(at.key));
  static_cast<void>(values_.write(at.key, at.hash, std::move(entry), Always{}, now_));
  count_write();
  return FillOutcome::stored;
}

bool Lane::renew(const Target& at, LeaseToken token, milliseconds hold) {
  const Session session(*this, at.now, Steps::write);
  Leases::Item* lease = find_lease(at, token);
  if (lease == nullptr) {
    return false;
  }
  leases_.set_end(*lease, now_ + hold);
  return true;
}

bool Lane::release(const Target& at, LeaseToken token) {
  const Session session(*this, at.now, Steps::write);
  if (find_lease(at, token) == nullptr) {
    return false;
  }
  static_cast<void>(leases_.take(at.key));
  return true;
}

}  // namespace larder::memory

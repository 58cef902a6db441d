#include "shard.hpp"

#include <string>

namespace larder::memory {

Shard::Shard(Common& common, Values& values)
    : common_(common),
      values_(values),
      counters_(common.hash),
      quotas_(common.hash),
      epochs_(common.hash, common.random, common.bounds.epoch_bytes),
      logs_(common.hash, common.random, common.bounds.log_bytes) {}

bool Shard::reclaim_one() {
  return quotas_.take_due(now_) || counters_.take_due(now_) || logs_.reclaim_one(now_);
}

std::size_t Shard::held_bytes() const noexcept { return counters_.bytes() + quotas_.bytes(); }

std::size_t Shard::table_bytes() const noexcept {
  return held_bytes() + epochs_.bytes() + logs_.bytes();
}

void Shard::claim(std::size_t bytes) {
  values_.claim(bytes);
  claimed_ += bytes;
}

bool Shard::make_held_room(std::size_t bytes) {
  const std::size_t bytes_max = common_.bounds.held_bytes;
  while (held_bytes() + bytes > bytes_max && (quotas_.take_due(now_) || counters_.take_due(now_))) {
  }
  if (held_bytes() + bytes > bytes_max) {
    return false;
  }
  claim(bytes);
  return true;
}

// ---- counters, quotas, epochs, events ----

Result<std::int64_t> Shard::add(const Target& at, const Addition& addition) {
  const Session session(*this, at.now, Steps::write);
  auto* counter = counters_.find(at.key, now_);
  if (counter != nullptr) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(counter->value, addition.delta, &sum)) {
      return fail(Errc::out_of_range, "counter: the sum does not fit in 64 bits");
    }
    return counter->value = sum;
  }
  if (addition.delta == 0) {
    return 0;
  }
  if (!make_held_room(counters_.cost(at.key))) {
    return fail(Errc::storage_full, "memory store: no room for another counter");
  }
  const bool endless = addition.life == milliseconds(0);
  counters_.set(at.key, addition.delta, endless ? SteadyTime::max() : now_ + addition.life);
  return addition.delta;
}

Result<QuotaAnswer> Shard::take(const Target& at, const QuotaRequest& request) {
  const Session session(*this, at.now, Steps::write);
  auto* kept = quotas_.find(at.key, now_);
  const QuotaDecision decision =
      decide(kept == nullptr ? nullptr : &kept->value, request.quota, request.cost, now_);
  if (!decision.taken) {
    return decision.answer;
  }
  if (kept != nullptr) {
    kept->value = *decision.taken;
    quotas_.set_end(*kept, decision.full_at);
    return decision.answer;
  }
  if (!make_held_room(quotas_.cost(at.key))) {
    return fail(Errc::storage_full, "memory store: no room for another quota");
  }
  quotas_.set(at.key, *decision.taken, decision.full_at);
  return decision.answer;
}

Epoch Shard::epoch(const Target& at) {
  const Session session(*this, at.now, Steps::read);
  claim(EpochTable::cost(at.key));
  return epochs_.get(at.key);
}

Epoch Shard::bump(const Target& at) {
  const Session session(*this, at.now, Steps::write);
  claim(EpochTable::cost(at.key));
  return epochs_.bump(at.key);
}

Result<EventPosition> Shard::append(const Target& at, Bytes payload, const LogBounds& bounds) {
  const Session session(*this, at.now, Steps::write);
  if (const std::size_t cost = LogTable::cost_most(at.key, payload.size());
      cost <= common_.bounds.log_bytes) {
    claim(cost);
  }
  return logs_.append(at.key, std::move(payload), bounds, now_);
}

EventPage Shard::read_after(const Target& at, EventPosition position, std::size_t count) {
  const Session session(*this, at.now, Steps::read);
  return logs_.read_after(at.key, position, count, now_);
}

}  // namespace larder::memory

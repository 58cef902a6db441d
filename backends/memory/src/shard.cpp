#include "shard.hpp"

#include <string>

namespace larder::memory {

Shard::Shard(Common& common)
    : common_(common),
      values_(common.bounds.shard_bytes, *common.watches),
      leases_(common.hash),
      counters_(common.hash),
      quotas_(common.hash),
      epochs_(common.hash, common.random, common.bounds.epoch_bytes),
      logs_(common.hash, common.random, common.bounds.log_bytes) {}

bool Shard::reclaim_one() {
  return values_.reclaim_one(now_) || leases_.take_due(now_) || quotas_.take_due(now_) ||
         counters_.take_due(now_) || logs_.reclaim_one(now_);
}

std::size_t Shard::held_bytes() const noexcept {
  return leases_.bytes() + counters_.bytes() + quotas_.bytes();
}

std::size_t Shard::bytes() const noexcept {
  return values_.bytes() + held_bytes() + epochs_.bytes() + logs_.bytes();
}

std::size_t Shard::value_room() const noexcept {
  return common_.bounds.shard_bytes - held_bytes() - epochs_.bytes() - logs_.bytes();
}

bool Shard::make_held_room(std::size_t bytes) {
  const std::size_t bytes_max = common_.bounds.held_bytes;
  while (held_bytes() + bytes > bytes_max &&
         (leases_.take_due(now_) || quotas_.take_due(now_) || counters_.take_due(now_))) {
  }
  if (held_bytes() + bytes > bytes_max) {
    return false;
  }
  values_.shrink_to(value_room() - bytes, now_);
  return true;
}

// ---- counters, quotas, epochs, events ----

Result<std::int64_t> Shard::add(const Target& at, const Addition& addition) {
  const Session session(*this, at.now, Session::kWrite);
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
  const Session session(*this, at.now, Session::kWrite);
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
  const Session session(*this, at.now, Session::kRead);
  const Epoch epoch = epochs_.get(at.key);
  give_values_less_room();
  return epoch;
}

Epoch Shard::bump(const Target& at) {
  const Session session(*this, at.now, Session::kWrite);
  const Epoch epoch = epochs_.bump(at.key);
  give_values_less_room();
  return epoch;
}

Result<EventPosition> Shard::append(const Target& at, Bytes payload, const LogBounds& bounds) {
  const Session session(*this, at.now, Session::kWrite);
  auto position = logs_.append(at.key, std::move(payload), bounds, now_);
  give_values_less_room();
  return position;
}

EventPage Shard::read_after(const Target& at, EventPosition position, std::size_t count) {
  const Session session(*this, at.now, Session::kRead);
  return logs_.read_after(at.key, position, count, now_);
}

// ---- care ----

std::optional<std::uint64_t> Shard::scan(std::string_view name_space, std::uint64_t from,
                                         std::size_t count, std::size_t& steps, SteadyTime now,
                                         std::vector<Key>& keys) {
  const Session session(*this, now, Session::kRead);
  const auto keep = [&](const Record& record) {
    const PackedEntry& entry = *record.entry;
    if (record.ends > now_ && (name_space.empty() || entry.name_space() == name_space)) {
      keys.push_back(entry.key());
    }
  };
  std::optional<std::uint64_t> next = from;
  while (next && keys.size() < count && steps > 0) {
    next = values_.index().visit_bucket(*next, keep);
    --steps;
  }
  return next;
}

void Shard::count_in(BackendStats& stats, SteadyTime now) {
  // Sessions of their own, so that other threads get their turn in a long clean-up.
  constexpr int kSteps = 256;
  for (bool more = true; more;) {
    const Session session(*this, now, kSteps);
    more = reclaim_one();
  }
  const Session session(*this, now, 0);
  stats.hits += hits_;
  stats.misses += misses_;
  stats.writes += writes_;
  stats.evictions += values_.evictions();
  stats.expirations += values_.expirations();
  stats.entries = stats.entries.value_or(0) + values_.index().size();
  stats.bytes = stats.bytes.value_or(0) + bytes();
}

}  // namespace larder::memory

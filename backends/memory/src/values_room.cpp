// The account of the values, and what keeps it: eviction, sweeping, care.
#include <malloc.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "values.hpp"

namespace larder::memory {
namespace {

// Turns that claim() waits where nothing is left to evict, since other threads have claimed
// all room and are about to put their entries in. Then it goes over the bound instead.
constexpr int kClaimTurnsMax = 1000;

// What one part in so many of the store has freed by ending is given back to the system: the
// allocator keeps it else, between blocks that stay.
constexpr std::size_t kTrimShare = 8;

}  // namespace

// ---- the account ----

bool Values::try_claim(std::size_t bytes) noexcept {
  const std::size_t overhead = this->overhead();
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used + overhead + bytes > bytes_max_) {
      return false;
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

void Values::claim(std::size_t bytes, std::uint64_t spared) {
  for (int turn = 0; !try_claim(bytes);) {
    const std::size_t wanted = this->bytes() + bytes;
    if (wanted <= bytes_max_ || evict(wanted - bytes_max_, spared)) {
      continue;
    }
    if (++turn == kClaimTurnsMax) {
      used_.fetch_add(bytes, std::memory_order_relaxed);
      return;
    }
    std::this_thread::yield();
  }
}

void Values::shrink() {
  std::uint64_t spared = kNoHash;
  for (std::size_t bytes = this->bytes(); bytes > bytes_max_; bytes = this->bytes()) {
    if (!evict(bytes - bytes_max_, spared)) {
      return;
    }
  }
}

bool Values::evict(std::size_t bytes, std::uint64_t& spared) {
  std::array<Evicted, kEvictedTogether> victims;
  std::size_t count = 0;
  {
    const std::lock_guard held(policy_lock_);
    policy_.prefetch(spared);
    std::size_t freed = 0;
    while (count < victims.size() && freed < bytes) {
      const Victim victim = policy_.victim();
      if (victim.node == nullptr) {
        break;
      }
      const PackedEntry& entry = Stored::of(*victim.node).entry();
      freed += weight_of(entry);
      index_.prefetch(victim.hash);
      // Alive: whoever takes it out of the index asks for this lock before it is freed.
      entry.hold();
      victims[count++] = Evicted{.entry = &entry, .hash = victim.hash};
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    evict_one(victims[i], spared);
    victims[i].entry->drop();
  }
  return count > 0;
}

void Values::evict_one(Evicted evicted, std::uint64_t& spared) {
  const auto [victim, hash] = evicted;
  const std::size_t weight = weight_of(*victim);
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    Slot* slot = bucket.find(Slot::tag_of(hash),
                             [victim](const PackedEntry& entry) { return &entry == victim; });
    if (slot == nullptr) {
      return;  // erased, overwritten or ended meanwhile
    }
    if (hash == spared) {
      spared = kNoHash;
      const std::lock_guard held_policy(policy_lock_);
      policy_.add(Stored::of(*victim).node(), hash, weight);
      return;
    }
    index_.remove(bucket, *slot);
  }
  victim->drop();  // the index's hold
  give_back(weight);
  evictions_.fetch_add(1, std::memory_order_relaxed);
  watches_.changed(*victim);
}

void Values::drop_all() noexcept {
  dropped_.store(versions_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  for (std::size_t place = 0; place < index_.buckets(); ++place) {
    Bucket& bucket = index_.at(place);
    const std::lock_guard held(bucket.lock());
    bucket.set_due(0);
  }
}

// ---- care ----

bool Values::sweep(Bucket& bucket, SteadyTime now) {
  Gone gone(watches_);
  const std::lock_guard held(bucket.lock());
  std::uint64_t soonest = Stored::kEndMax;
  std::size_t count = 0;
  std::size_t weight = 0;
  bucket.each([&](Slot& slot) {
    const Stored& stored = Stored::of(*slot.entry());
    if (!has_ended(stored, now)) {
      soonest = std::min(soonest, stored.ends());
    } else if (gone.full()) {
      soonest = 0;
    } else {
      ++count;
      weight += weight_of(*slot.entry());
      gone.add(EntryRef::adopt(slot.entry()));
      slot = Slot();
    }
  });
  bucket.set_due(tick(soonest));
  if (count == 0) {
    return false;
  }
  index_.compact(bucket);
  {
    const std::lock_guard held_policy(policy_lock_);
    for (const PackedEntry* entry : gone.entries()) {
      PolicyNode& node = Stored::of(*entry).node();
      if (node.queued()) {
        policy_.remove(node, weight_of(*entry));
      }
    }
  }
  give_back(weight);
  swept_bytes_.fetch_add(weight, std::memory_order_relaxed);
  expirations_.fetch_add(count, std::memory_order_relaxed);
  return gone.full();
}

void Values::sweep_some(SteadyTime now) {
  const std::uint32_t tick_now = tick(units(now));
  const std::size_t buckets = index_.buckets();
  std::size_t place = swept_.fetch_add(kSweptTogether, std::memory_order_relaxed) % buckets;
  for (std::size_t i = 0; i < kSweptTogether; ++i) {
    if (Bucket& bucket = index_.at(place); bucket.due() <= tick_now) {
      sweep(bucket, now);
    }
    place = place + 1 == buckets ? 0 : place + 1;
  }
}

void Values::sweep_all(SteadyTime now) {
  const std::uint32_t tick_now = tick(units(now));
  for (std::size_t place = 0; place < index_.buckets(); ++place) {
    Bucket& bucket = index_.at(place);
    while (bucket.due() <= tick_now && sweep(bucket, now)) {
    }
  }
  trim();
}

void Values::trim() noexcept {
  if (swept_bytes_.load(std::memory_order_relaxed) > bytes_max_ / kTrimShare) {
    swept_bytes_.store(0, std::memory_order_relaxed);
    pool_->trim();
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
  }
}

std::optional<std::uint64_t> Values::scan(std::string_view name_space, std::uint64_t from,
                                          std::size_t count, std::size_t& steps, SteadyTime now,
                                          std::vector<Key>& keys) {
  const auto keep = [&](const PackedEntry& entry) {
    if (!has_ended(Stored::of(entry), now) &&
        (name_space.empty() || entry.name_space() == name_space)) {
      keys.push_back(entry.key());
    }
  };
  std::optional<std::uint64_t> next = from;
  while (next && keys.size() < count && steps > 0) {
    next = index_.visit(*next, keep);
    --steps;
  }
  return next;
}

void Values::count_in(BackendStats& stats) {
  stats.hits += counts_.hits();
  stats.misses += counts_.misses();
  stats.evictions += evictions_.load(std::memory_order_relaxed);
  stats.expirations += expirations_.load(std::memory_order_relaxed);
  const std::lock_guard held(policy_lock_);
  stats.entries = policy_.size();
}

}  // namespace larder::memory

// Reading and writing. values_room.cpp has the account, sweeping and care.
#include "values.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <variant>

namespace larder::memory {
namespace {

// Versions have 48 bits and count up from a random number of so many.
constexpr unsigned kFirstVersionBits = 47;

// What memcmp does, without the call: keys are short, and every hit compares one.
bool same(const char* bytes, std::string_view text) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto word = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, kWord);
    return word;
  };
  if (text.size() < kWord) {
    return std::memcmp(bytes, text.data(), text.size()) == 0;
  }
  // The last word overlaps the one before it.
  const std::size_t last = text.size() - kWord;
  std::uint64_t differs = word(bytes + last) ^ word(text.data() + last);
  for (std::size_t at = 0; at < last; at += kWord) {
    differs |= word(bytes + at) ^ word(text.data() + at);
  }
  return differs == 0;
}

bool holds(const Condition& condition, const Slot* slot) {
  if (std::holds_alternative<IfAbsent>(condition)) {
    return slot == nullptr;
  }
  if (const auto* only = std::get_if<IfVersion>(&condition)) {
    return slot != nullptr && Version{Stored::of(*slot->entry()).version()} == only->version;
  }
  return true;
}

}  // namespace

Values::Values(const Bounds& bounds, KeyHash hash, Random& random, Clock& clock, WatchHub& watches)
    : clock_(clock),
      watches_(watches),
      base_(clock.coarse_now()),
      bytes_max_(bounds.store_bytes),
      pool_(EntryPool::make(bounds.store_bytes)),
      index_(hash, bounds.index_bytes / sizeof(Bucket)),
      dropped_(random.next() >> (64U - kFirstVersionBits)),
      versions_(dropped_.load(std::memory_order_relaxed)),
      policy_(bounds.store_bytes, *this, random.next()) {
  policy_bytes_.store(policy_.bytes(), std::memory_order_relaxed);
}

std::uint64_t Values::end_after(SteadyTime now, milliseconds life) const noexcept {
  // Another store, whose copy this may be, could say anything.
  const std::chrono::nanoseconds bounded = std::min(life, Life::kTotalMax);
  const std::uint64_t span = static_cast<std::uint64_t>(bounded.count()) >> kUnitShift;
  // Far from its end a life is read by the coarse clock, which lags. It has to begin by that
  // too, or a reader would be told of more than there ever was.
  const bool is_short = life <= Clock::kCoarseBehind / 2;
  const SteadyTime start = is_short ? now : std::min(now, clock_.coarse_now());
  return std::min(units(start) + span, Stored::kEndMax);
}

std::uint32_t Values::tick(std::uint64_t units) noexcept {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(units >> kTickShift, Bucket::kNeverDue));
}

// ---- of a locked bucket ----

inline Slot* Values::find(Bucket& bucket, const Key& key, std::uint64_t hash) noexcept {
  const std::string_view text = key.text();
  return bucket.find(Slot::tag_of(hash), [text](const PackedEntry& entry) {
    return entry.key_text().size() == text.size() && same(entry.key_text().data(), text);
  });
}

Slot* Values::find_live(Bucket& bucket, const Key& key, std::uint64_t hash, SteadyTime now,
                        Gone& gone) noexcept {
  Slot* slot = find(bucket, key, hash);
  if (slot != nullptr && has_ended(Stored::of(*slot->entry()), now)) {
    take_out(bucket, *slot, gone);
    expirations_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  return slot;
}

bool Values::has_ended(const Stored& stored, SteadyTime now) const noexcept {
  return time(stored.ends()) <= now || stored.version() <= dropped_.load(std::memory_order_relaxed);
}

inline Found Values::found(const PackedEntry& entry, SteadyTime now) const noexcept {
  Stored& stored = Stored::of(entry);
  Policy::hit(stored.node());
  const Origin origin =
      is_copy(entry) ? origin_of(entry)
                     : Origin{.version = Version{stored.version()}, .life_ends = stored.ends()};
  // Rounded up, since an entry that still lives must not be answered with no life.
  return Found{.entry = EntryRef::share(&entry),
               .life_left = std::chrono::ceil<milliseconds>(time(origin.life_ends) - now),
               .version = origin.version};
}

inline bool Values::is_near_an_edge(const Found& found, SteadyTime coarse) const noexcept {
  // Lives are told rounded up.
  constexpr milliseconds kEdge = Clock::kCoarseBehind + milliseconds(1);
  const Stored& stored = Stored::of(*found.entry);
  const milliseconds fresh_left = found.fresh_left();
  return found.life_left <= kEdge || (fresh_left > milliseconds(0) && fresh_left <= kEdge) ||
         stored.version() <= dropped_.load(std::memory_order_relaxed) ||
         // A copy may end before what it was copied from.
         (is_copy(*found.entry) && time(stored.ends()) - coarse <= kEdge);
}

void Values::take_out(Bucket& bucket, Slot& slot, Gone& gone) noexcept {
  EntryRef entry = EntryRef::adopt(slot.entry());
  index_.remove(bucket, slot);
  const std::size_t weight = weight_of(*entry);
  {
    const std::lock_guard held(policy_lock_);
    PolicyNode& node = Stored::of(*entry).node();
    // Not where it is a victim already, whose evictor will not find it any more.
    if (node.queued()) {
      policy_.remove(node, weight);
    }
  }
  give_back(weight);
  gone.add(std::move(entry));
}

std::size_t Values::put_in(Bucket& bucket, Slot* over, std::uint64_t hash, EntryRef entry,
                           Gone& gone) {
  const PackedEntry* fresh = entry.release();
  Stored& stored = Stored::of(*fresh);
  const PackedEntry* old = over == nullptr ? nullptr : over->entry();
  end_by(bucket, stored.ends());
  if (old == nullptr) {
    index_.add(bucket, hash, *fresh);
  } else {
    *over = Slot(Slot::tag_of(hash), *fresh);
  }
  const std::lock_guard held(policy_lock_);
  if (old != nullptr && Stored::of(*old).node().queued()) {
    policy_.replaced(Stored::of(*old).node(), stored.node(), weight_of(*fresh));
  } else {
    policy_.add(stored.node(), hash, weight_of(*fresh));
  }
  if (old != nullptr) {
    give_back(weight_of(*old));
    gone.add_overwritten(EntryRef::adopt(old));
  }
  policy_bytes_.store(policy_.bytes(), std::memory_order_relaxed);
  return policy_.size();
}

void Values::end_by(Bucket& bucket, std::uint64_t ends) noexcept {
  bucket.set_due(std::min(bucket.due(), tick(ends)));
}

// ---- reading ----

std::optional<Found> Values::get(const Key& key, std::uint64_t hash) noexcept {
  // The clock is asked while the bucket is on its way.
  index_.prefetch(hash);
  const SteadyTime now = clock_.coarse_now();
  std::optional<Found> answer;
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    const Slot* slot = find(bucket, key, hash);
    if (slot == nullptr) {
      counts_.miss();
      return answer;
    }
    answer.emplace(found(*slot->entry(), now));
    if (is_near_an_edge(*answer, now)) [[unlikely]] {
      answer.reset();
    }
  }
  if (answer) [[likely]] {
    count_hit(*answer->entry, hash);
  } else {
    answer = get(key, hash, clock_.now());
  }
  return answer;
}

std::optional<Found> Values::get(const Key& key, std::uint64_t hash, SteadyTime now) noexcept {
  Gone gone(watches_);
  std::optional<Found> answer;
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    const Slot* slot = find_live(bucket, key, hash, now, gone);
    if (slot == nullptr) {
      counts_.miss();
      return answer;
    }
    answer.emplace(found(*slot->entry(), now));
  }
  count_hit(*answer->entry, hash);
  return answer;
}

void Values::count_hit(const PackedEntry& entry, std::uint64_t hash) noexcept {
  counts_.hit();
  policy_.note_read(hash, [&entry] { return weight_of(entry); });
}

// ---- writing ----

PutOutcome Values::write(const Key& key, std::uint64_t hash, EntryRef entry,
                         const Condition& condition, SteadyTime now) {
  const milliseconds life = entry->life().total();
  const bool lives = life > milliseconds(0);
  const std::size_t weight = lives ? weight_of(*entry) : 0;
  claim(weight, hash);
  Gone gone(watches_);
  Version version{};
  std::size_t entries = 0;
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    Slot* over = find_live(bucket, key, hash, now, gone);
    if (!holds(condition, over)) {
      give_back(weight);
      return PutOutcome{};
    }
    version = next_version();
    if (lives) {
      ::new (Stored::place(*entry))
          Stored(static_cast<std::uint64_t>(version), end_after(now, life));
      entries = put_in(bucket, over, hash, std::move(entry), gone);
    } else if (over != nullptr) {
      take_out(bucket, *over, gone);
    }
  }
  if (lives) {
    index_.grow(entries);
    shrink();
    watches_.changed(key);
  }
  return PutOutcome{.stored = true, .version = version};
}

void Values::insert_copy(const Key& key, std::uint64_t hash, const Found& found, SteadyTime until,
                         SteadyTime now) {
  const milliseconds life =
      std::min(std::chrono::floor<milliseconds>(until - now), found.life_left);
  if (life <= milliseconds(0)) {
    static_cast<void>(erase(key, hash, now));
    return;
  }
  EntryRef entry = PackedEntry::pack(found.entry->entry(), kCopyPrefix, pool_.get());
  claim(weight_of(*entry), hash);
  Gone gone(watches_);
  std::size_t entries = 0;
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    Slot* over = find_live(bucket, key, hash, now, gone);
    ::new (Stored::place(*entry))
        Stored(static_cast<std::uint64_t>(next_version()), end_after(now, life));
    set_origin(*entry,
               Origin{.version = found.version, .life_ends = end_after(now, found.life_left)});
    entries = put_in(bucket, over, hash, std::move(entry), gone);
  }
  index_.grow(entries);
  shrink();
  watches_.changed(key);
}

bool Values::erase(const Key& key, std::uint64_t hash, SteadyTime now) {
  Gone gone(watches_);
  Bucket& bucket = index_.lock(hash);
  const std::lock_guard held(bucket.lock(), std::adopt_lock);
  Slot* slot = find_live(bucket, key, hash, now, gone);
  if (slot == nullptr) {
    return false;
  }
  take_out(bucket, *slot, gone);
  return true;
}

Result<bool> Values::touch(const Key& key, std::uint64_t hash, milliseconds fresh, SteadyTime now) {
  Gone gone(watches_);
  {
    Bucket& bucket = index_.lock(hash);
    const std::lock_guard held(bucket.lock(), std::adopt_lock);
    Slot* slot = find_live(bucket, key, hash, now, gone);
    if (slot == nullptr) {
      return false;
    }
    Stored& stored = Stored::of(*slot->entry());
    const milliseconds total = Life{.fresh = fresh, .stale = slot->entry()->life().stale}.total();
    if (total > Life::kTotalMax) {
      return fail(Errc::invalid_argument, "touch: fresh and stale life together over 10 years");
    }
    const std::uint64_t ends = fresh > milliseconds(0)
                                   ? end_after(now, total)
                                   : std::min(end_after(now, total), stored.ends());
    if (time(ends) <= now) {
      take_out(bucket, *slot, gone);
      return true;
    }
    stored.set_ends(ends);
    end_by(bucket, ends);
  }
  watches_.changed(key);
  return true;
}

}  // namespace larder::memory

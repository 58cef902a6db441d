#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {
namespace {

template <typename Kept>
const Key& key_of(const Kept& kept) {
  return kept.loaded.key ? *kept.loaded.key : kept.flight->key;
}

template <typename Kept>
Entry entry_of(const Kept& kept) {
  return Entry{.key = key_of(kept),
               .value = kept.loaded.value.value_or(Bytes()),
               .life = kept.life,
               .load_cost = kept.cost,
               .epochs = *kept.flight->epochs,
               .presence = kept.loaded.value ? Presence::value : Presence::absence};
}

template <typename Kept>
Answer answer_with(const Kept& kept) {
  return Answer{.value = kept.loaded.value,
                .fresh_left = kept.stored ? kept.life.fresh : milliseconds(0),
                .source = Source::load,
                .stored = kept.stored};
}

}  // namespace

awaitable<void> Cache::Impl::keep(const Load& load, std::vector<Kept> kept) {
  const Deadline deadline = clock_.in(load.policy.store_deadline);
  for (Kept& one : kept) {
    choose_way(load, one);
  }
  // Only close() cancels it here; then nobody waits any more.
  co_await fill_some(kept, deadline);
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    co_return;
  }
  co_await put_some(kept, deadline);
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    co_return;
  }
  for (Kept& one : kept) {
    if (one.stored && flights_.is_outdated(*one.flight)) {
      // Something newer happened to the key while its value was on its way, and may have been
      // overtaken by it. A miss is the safe end.
      one.stored = false;
      one.way = Kept::Way::erase;
    }
  }
  co_await erase_some(kept, deadline);
  for (const Kept& one : kept) {
    flights_.land(one.flight, answer_with(one));
  }
}

void Cache::Impl::choose_way(const Load& load, Kept& kept) {
  using enum Kept::Way;
  const Flight& flight = *kept.flight;
  // Where the store did not answer a moment ago, a write would only make the callers wait.
  if (!kept.loaded.store || !flight.storable || flights_.is_outdated(flight)) {
    return;
  }
  kept.life = life_of(kept.loaded, load.policy, jitter_);
  const std::size_t size = kept.loaded.value ? kept.loaded.value->size() : 0;
  if (kept.life.total() == milliseconds(0) || !flight.epochs ||
      size > value_bytes_max(load.policy, store_.capabilities())) {
    // Newer is known: nobody may fall back on the old entry.
    kept.way = flight.lookup.found ? erase : none;
    return;
  }
  if (!flight.leased || key_of(kept) != flight.key) {
    kept.way = put;
  } else if (flight.lease) {
    kept.way = fill;
  } else {
    counters_.leases_void.add();
  }
}

awaitable<void> Cache::Impl::fill_some(std::vector<Kept>& kept, Deadline deadline) {
  std::vector<Fill> fills;
  std::vector<Kept*> filled;
  for (Kept& one : kept) {
    if (one.way == Kept::Way::fill) {
      fills.push_back(Fill{.entry = entry_of(one), .token = *one.flight->lease});
      filled.push_back(&one);
    }
  }
  if (fills.empty()) {
    co_return;
  }
  const auto outcomes = co_await store_.fill(fills, deadline);
  for (std::size_t i = 0; i < filled.size(); ++i) {
    if (!outcomes[i]) {
      continue;
    }
    filled[i]->flight->lease.reset();
    filled[i]->stored = *outcomes[i] == FillOutcome::stored;
    counters_.leases_void.add(filled[i]->stored ? 0 : 1);
  }
}

awaitable<void> Cache::Impl::put_some(std::vector<Kept>& kept, Deadline deadline) {
  std::vector<PutItem> items;
  std::vector<Kept*> written;
  for (Kept& one : kept) {
    if (one.way == Kept::Way::put) {
      items.push_back(PutItem{.entry = entry_of(one)});
      written.push_back(&one);
    }
  }
  if (items.empty()) {
    co_return;
  }
  const auto outcomes = co_await store_.put(items, deadline);
  for (std::size_t i = 0; i < written.size(); ++i) {
    written[i]->stored = outcomes[i] && outcomes[i]->stored;
  }
}

awaitable<void> Cache::Impl::erase_some(std::vector<Kept>& kept, Deadline deadline) {
  std::vector<Key> keys;
  for (const Kept& one : kept) {
    if (one.way == Kept::Way::erase) {
      keys.push_back(key_of(one));
    }
  }
  if (!keys.empty()) {
    (void)co_await store_.erase(keys, deadline);
  }
}

}  // namespace larder

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {

namespace asio = boost::asio;

namespace {

const Readable kAll;

Explanation::TagState tag_state(const TagEpoch& stored, Epoch current) {
  return Explanation::TagState{.tag = stored.tag, .stored = stored.epoch, .current = current};
}

}  // namespace

awaitable<Result<std::optional<Answer>>> Cache::Impl::get(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  Lookup lookup = co_await look_up(store_, clock_, key, {.readable = kAll}, deadline);
  if (is_cancelled(co_await asio::this_coro::cancellation_state) && lookup.failure) {
    co_return std::unexpected(cancelled_error());
  }
  counters_.add_lookup(lookup.cause);
  if (lookup.cause == MissCause::none) {
    co_return answer_of(*lookup.found, Source::store);
  }
  if (lookup.cause == MissCause::unavailable) {
    co_return std::unexpected(*std::move(lookup.failure));
  }
  co_return std::nullopt;
}

awaitable<Result<bool>> Cache::Impl::put(const Key& key, Bytes value, const Policy& policy,
                                         Deadline deadline) {
  if (auto valid = check_policy(policy); !valid) {
    co_return std::unexpected(std::move(valid).error());
  }
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  flights_.outdate(key);
  const Life life = life_of(Loaded{.value = value}, policy, jitter_);
  if (life.total() == milliseconds(0) ||
      value.size() > value_bytes_max(policy, store_.capabilities())) {
    const auto erased = co_await store_.erase(key, deadline);
    if (!erased) {
      co_return std::unexpected(erased.error());
    }
    co_return false;
  }
  Entry entry{.key = key, .value = std::move(value), .life = life};
  if (!policy.tags.empty()) {
    const auto epochs = co_await store_.epochs(policy.tags, deadline);
    for (std::size_t i = 0; i < epochs.size(); ++i) {
      if (!epochs[i]) {
        co_return std::unexpected(epochs[i].error());
      }
      entry.epochs.push_back(TagEpoch{.tag = policy.tags[i], .epoch = *epochs[i]});
    }
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return std::unexpected(cancelled_error());
    }
  }
  const auto outcome = co_await store_.put(std::move(entry), deadline);
  if (!outcome) {
    co_return std::unexpected(outcome.error());
  }
  co_return outcome->stored;
}

awaitable<Result<bool>> Cache::Impl::erase(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  flights_.outdate(key);
  co_return co_await store_.erase(key, deadline);
}

awaitable<Result<bool>> Cache::Impl::expire(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  flights_.outdate(key);
  co_return co_await store_.expire(key, deadline);
}

awaitable<Result<void>> Cache::Impl::invalidate(std::span<const Tag> tags, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  const std::size_t batch_max = std::max<std::size_t>(store_.capabilities().batch_max, 1);
  Result<void> result;
  while (!tags.empty()) {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return std::unexpected(cancelled_error());
    }
    const auto batch = tags.first(std::min(batch_max, tags.size()));
    tags = tags.subspan(batch.size());
    // One failure does not keep the other tags valid.
    for (const auto& bumped : co_await store_.bump(batch, deadline)) {
      if (bumped) {
        counters_.invalidations.add();
      } else if (result) {
        result = std::unexpected(bumped.error());
      }
    }
  }
  co_return result;
}

awaitable<Result<Explanation>> Cache::Impl::explain(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  const Flights::Sight sight = flights_.sight(key);
  Explanation explanation{.key = key.text(),
                          .cause = MissCause::absent,
                          .loading_here = sight.loading,
                          .waiters = sight.waiters};
  auto found = co_await store_.get(key, deadline);
  if (!found) {
    co_return std::unexpected(std::move(found).error());
  }
  explanation.found = *std::move(found);
  if (!explanation.found) {
    co_return explanation;
  }
  explanation.cause = explanation.found->is_fresh() ? MissCause::none : MissCause::expired;
  const TagEpochs stored = explanation.found->entry->epochs();
  if (stored.empty()) {
    co_return explanation;
  }
  if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return std::unexpected(cancelled_error());
  }
  std::vector<Tag> tags;
  for (const TagEpoch& one : stored) {
    tags.push_back(one.tag);
  }
  const auto current = co_await store_.epochs(tags, deadline);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (!current[i]) {
      co_return std::unexpected(current[i].error());
    }
    explanation.tags.push_back(tag_state(stored[i], *current[i]));
    if (*current[i] != stored[i].epoch) {
      explanation.cause = MissCause::invalidated;
    }
  }
  co_return explanation;
}

CacheStats Cache::Impl::stats() const noexcept {
  CacheStats stats = counters_.snapshot();
  stats.store_reads_fail = store_.reads_fail();
  stats.store_writes_fail = store_.writes_fail();
  return stats;
}

awaitable<void> Cache::Impl::close() {
  open_.close();
  flights_.close();
  co_await open_.all_left();
}

}  // namespace larder

#include <array>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {

namespace asio = boost::asio;

namespace {

const Readable kAll;

}  // namespace

awaitable<Result<std::optional<Answer>>> Cache::Impl::get(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  // Without a policy: what most entries carry is the tag of their namespace.
  const Wish wish{
      .clearable = store_.capabilities().epochs, .readable = kAll, .epochs = Wish::Epochs::none};
  auto lookups = co_await look_up(store_, open_, clock_, std::span(&key, 1), wish, deadline);
  Lookup& lookup = lookups.front();
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
    const auto erased = co_await store_.erase(std::span(&key, 1), deadline);
    if (!erased.front()) {
      co_return std::unexpected(erased.front().error());
    }
    co_return false;
  }
  std::array items{PutItem{.entry = Entry{.key = key, .value = std::move(value), .life = life}}};
  auto epochs =
      co_await read_epochs(store_, tags_of(key, policy.tags, wish_of(policy).clearable), deadline);
  if (!epochs) {
    co_return std::unexpected(std::move(epochs).error());
  }
  if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return std::unexpected(cancelled_error());
  }
  items.front().entry.epochs = *std::move(epochs);
  const auto outcomes = co_await store_.put(items, deadline);
  if (!outcomes.front()) {
    co_return std::unexpected(outcomes.front().error());
  }
  co_return outcomes.front()->stored;
}

awaitable<Result<bool>> Cache::Impl::erase(const Key& key, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  flights_.outdate(key);
  auto erased = co_await store_.erase(std::span(&key, 1), deadline);
  co_return std::move(erased.front());
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
  Result<void> result;
  // One failure does not keep the other tags valid.
  for (const auto& bumped : co_await store_.bump(tags, deadline)) {
    if (bumped) {
      counters_.invalidations.add();
    } else if (result) {
      result = std::unexpected(bumped.error());
    }
  }
  flights_.outdate_tagged(tags);
  co_return result;
}

awaitable<Result<void>> Cache::Impl::clear(std::string_view name_space, Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  const auto tag = Tag::make(name_space, kClearTagId);
  if (!tag) {
    co_return std::unexpected(tag.error());
  }
  const auto bumped = co_await store_.bump(std::span(&*tag, 1), deadline);
  if (!bumped.front()) {
    co_return std::unexpected(bumped.front().error());
  }
  counters_.clears.add();
  co_return Result<void>();
}

Result<void> Cache::Impl::check_policy(const Policy& policy) const {
  if (auto valid = check(options_); !valid) {
    return valid;
  }
  return check(policy, store_.capabilities());
}

CacheStats Cache::Impl::stats() const noexcept {
  CacheStats stats = counters_.snapshot();
  stats.loads_running = flights_.loading();
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

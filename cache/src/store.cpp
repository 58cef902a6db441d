#include "store.hpp"

#include <array>
#include <string>
#include <utility>

namespace larder {
namespace {

// Says something of the store, not of one key or of the caller.
bool is_outage(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::overloaded:
    case Errc::storage_full:
    case Errc::access_denied:
    case Errc::protocol_error:
    case Errc::closed:
      return true;
    default:
      return false;
  }
}

}  // namespace

Store::Store(CacheBackend& backend, LogSink& log, Counters& counters) noexcept
    : backend_(backend), log_(log), counters_(counters) {}

void Store::note(Health& health, const Error* error) noexcept {
  if (error == nullptr) {
    // Read first: an exchange for every answer would share a cache line among all threads.
    if (health.down.load(std::memory_order_relaxed) && health.down.exchange(false)) {
      log_.info("cache", "the store answers again",
                {{"store", backend_.name()}, {"direction", health.direction}});
    }
    return;
  }
  if (error->code() == Errc::cancelled) {
    return;
  }
  counters_.store_errors.add();
  if (is_outage(error->code()) && !health.down.exchange(true)) {
    counters_.store_outages.add();
    log_.warning("cache", "the store fails; going on without it",
                 {{"store", backend_.name()},
                  {"direction", health.direction},
                  {"cause", to_string(error->code())},
                  {"error", error->context()}});
  }
}

awaitable<Result<std::optional<Found>>> Store::get(const Key& key, Deadline deadline) {
  auto answers = co_await backend_.get(std::span(&key, 1), deadline);
  note(reads_, answers.front());
  co_return std::move(answers.front());
}

awaitable<Result<PutOutcome>> Store::put(Entry entry, Deadline deadline) {
  const std::array items{PutItem{.entry = std::move(entry)}};
  auto answers = co_await backend_.put(items, deadline);
  note(writes_, answers.front());
  co_return std::move(answers.front());
}

awaitable<Result<bool>> Store::erase(const Key& key, Deadline deadline) {
  auto answers = co_await backend_.erase(std::span(&key, 1), deadline);
  note(writes_, answers.front());
  co_return std::move(answers.front());
}

awaitable<Result<bool>> Store::expire(const Key& key, Deadline deadline) {
  const std::array items{TouchItem{.key = key, .fresh = milliseconds(0)}};
  auto answers = co_await backend_.touch(items, deadline);
  note(writes_, answers.front());
  co_return std::move(answers.front());
}

awaitable<Batch<Epoch>> Store::epochs(std::span<const Tag> tags, Deadline deadline) {
  auto answers = co_await backend_.epochs(tags, deadline);
  for (const auto& answer : answers) {
    note(reads_, answer);
  }
  co_return answers;
}

awaitable<Batch<Epoch>> Store::bump(std::span<const Tag> tags, Deadline deadline) {
  auto answers = co_await backend_.bump(tags, deadline);
  for (const auto& answer : answers) {
    note(writes_, answer);
  }
  co_return answers;
}

}  // namespace larder

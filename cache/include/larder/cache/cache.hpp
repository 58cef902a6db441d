// Cache: what applications call, over one CacheBackend.
//
//   Cache cache(backend, system_clock(), null_log());
//   Policy policy{.ttl = 5min, .stale_if_error = 1h, .tags = {weather}};
//   auto answer = co_await cache.get_or_load(key, policy, loader);
//
// * One load per key in the process: waiters share its result or its error. Cancelling one
//   waiter never cancels the load while another waits.
// * A load that hangs is abandoned at its deadline; waiters get a stale value or the error.
// * Tag epochs are read before the load, so an entry made from data older than an
//   invalidation is a miss: the race of fetch against invalidate is closed by construction.
// * The store down is not the application down: get_or_load then loads, and says so in its
//   answer; it heals by itself.
//
// Any thread; each call resumes on its own coroutine's executor. The backend, clock and
// log outlive the cache; close() must complete before the destructor.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <larder/backend.hpp>
#include <larder/cache/policy.hpp>
#include <larder/cache/stats.hpp>
#include <larder/log.hpp>

namespace larder {

// Everything known of one key, for people.
struct Explanation {
  struct TagState {
    Tag tag;
    Epoch stored{};
    Epoch current{};
  };
  std::string key;
  std::optional<Found> found{};
  MissCause cause = MissCause::none;  // what get() would meet
  std::vector<TagState> tags{};
  bool loading_here = false;  // a load runs in this process
  std::size_t waiters = 0;    // callers waiting for it

  // Several lines of text.
  [[nodiscard]] std::string text() const;
};

class Cache {
 public:
  Cache(CacheBackend& backend, Clock& clock, LogSink& log);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Whether get_or_load would accept it with this store: ranges, and tags only where the
  // store has epochs. Ask at start-up.
  [[nodiscard]] Result<void> check_policy(const Policy& policy) const;

  // A fresh entry made under the current epochs of its tags; an answer without a value
  // is a known absence; nullopt a miss.
  [[nodiscard]] awaitable<Result<std::optional<Answer>>> get(const Key& key, Deadline deadline);

  // Stores under the policy's ttl, jitter, tags (with their epochs of now) and bounds.
  // False where a size bound, or a ttl and stale_if_error of zero, kept it out; then an
  // older value is gone too. A load of the key that runs meanwhile stores nothing.
  [[nodiscard]] awaitable<Result<bool>> put(const Key& key, Bytes value, const Policy& policy,
                                            Deadline deadline);

  // Gone; true where it was there. A load of the key that runs meanwhile stores nothing.
  [[nodiscard]] awaitable<Result<bool>> erase(const Key& key, Deadline deadline);

  // Kept as stale: the next get_or_load loads, and may fall back on it. True where it was
  // there. A load of the key that runs meanwhile stores nothing.
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline);

  // The heart. Cancelling the calling coroutine ends only this wait, with Errc::cancelled;
  // that of the last caller who waits cancels the load. Joins a running load only if it
  // began under the tag epochs of now, so no caller gets data older than an invalidation
  // that had completed before the call. The load runs under the policy of the call that
  // started it.
  [[nodiscard]] awaitable<Result<Answer>> get_or_load(const Key& key, const Policy& policy,
                                                      Loader loader);

  // Every entry that carries one of the tags is a miss from now on, on every node. Any
  // number of tags; after an error some of them may be invalidated.
  [[nodiscard]] awaitable<Result<void>> invalidate(std::span<const Tag> tags, Deadline deadline);

  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, Deadline deadline);

  [[nodiscard]] CacheStats stats() const noexcept;

  // Abandons running loads (their waiters get Errc::closed) and joins them. Every verb
  // answers Errc::closed from then on. Not to be cancelled. Idempotent.
  [[nodiscard]] awaitable<void> close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

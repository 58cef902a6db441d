// Cache: what applications call, over one CacheBackend.
//
//   Cache cache(backend, system_clock(), null_log());
//   Policy policy{.ttl = 5min, .stale_if_error = 1h, .tags = {weather}};
//   auto answer = co_await cache.get_or_load(key, policy, loader);
//
// * One load per key in the process, and across all processes of a shared store that has
//   leases: waiters share its result or its error. Cancelling one waiter never cancels the
//   load while another waits.
// * A load that hangs is abandoned at its deadline; waiters get a stale value or the error.
// * Tag epochs are read before the load, so an entry made from data older than an
//   invalidation is a miss: the race of fetch against invalidate is closed by construction.
// * The store down is not the application down: get_or_load then loads, and says so in its
//   answer; it heals by itself.
// * What another node stored or invalidated is seen by the next call. Over a near tier that
//   is later: by nothing for this node's own changes, by what near_tier.hpp says of its mode
//   for those of others.
//
// Any thread; each call resumes on its own coroutine's executor. The backend, clock and
// log outlive the cache; close() must complete before the destructor.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <larder/backend.hpp>
#include <larder/cache/options.hpp>
#include <larder/cache/policy.hpp>
#include <larder/cache/stats.hpp>
#include <larder/log.hpp>

namespace larder {

// The id of the tag that every clearable entry of a namespace carries; the tag's namespace
// is that of the entry. Cache::clear() bumps it.
inline constexpr std::string_view kClearTagId = "larder:clear";

// How a load of this process stands to the lease of its key.
enum class LeaseSight : std::uint8_t {
  none,     // not asked for: the store is not shared, has no leases, or failed
  waiting,  // another node loads
  held,     // this node loads
  lost,     // void since it was granted: what is loaded will not be stored
};

// Everything known of one key, for people.
struct Explanation {
  struct TagState {
    Tag tag;
    Epoch stored{};
    Epoch current{};
  };
  // What get_or_load would do next.
  enum class Next : std::uint8_t {
    hit,
    hit_and_refresh,  // maybe: with the chance of early_refresh_chance
    stale_at_once,    // and renew it in the background
    join,             // wait for the load that runs here
    remembered,       // a load failed a moment ago: answer the stale entry or the error
    load,
  };

  std::string key;
  std::optional<Found> found{};
  MissCause cause = MissCause::none;  // what get() would meet
  std::vector<TagState> tags{};
  bool loading_here = false;  // a load runs in this process
  std::size_t waiters = 0;    // callers waiting for it
  LeaseSight lease = LeaseSight::none;
  std::optional<Error> remembered_failure{};
  // With a policy only.
  std::optional<Next> next{};
  std::optional<milliseconds> soft_deadline{};  // a stale entry is at hand; the wait for a load
  double early_refresh_chance = 0;              // that the next hit starts a load

  // Several lines of text.
  [[nodiscard]] std::string text() const;
};

class Cache {
 public:
  Cache(CacheBackend& backend, Clock& clock, LogSink& log, CacheOptions options = {});
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

  // get_or_load of many keys: a result for each, in their order; duplicates are allowed. The
  // store is asked in batches. The loader is called once, with just those keys that this
  // call must load: what is fresh, or being loaded by another caller or node, is not among
  // them. (A key that another node gives up is loaded by a further call.) Each key fails, or
  // falls back on its stale entry, by itself.
  [[nodiscard]] awaitable<Batch<Answer>> get_or_load_many(std::span<const Key> keys,
                                                          const Policy& policy, ManyLoader loader);

  // Every clearable entry of the namespace is a miss from now on, on every node. O(1): bumps
  // the namespace's tag. invalid_argument where it cannot be a key's namespace.
  [[nodiscard]] awaitable<Result<void>> clear(std::string_view name_space, Deadline deadline);

  // Every entry that carries one of the tags is a miss from now on, on every node. Any
  // number of tags; after an error some of them may be invalidated.
  [[nodiscard]] awaitable<Result<void>> invalidate(std::span<const Tag> tags, Deadline deadline);

  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, Deadline deadline);
  // Also what get_or_load would do under this policy.
  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, const Policy& policy,
                                                       Deadline deadline);

  [[nodiscard]] CacheStats stats() const noexcept;
  // Of the breaker that it put around its store; nullopt where it put none.
  [[nodiscard]] std::optional<BreakerStats> breaker_stats() const;

  // Abandons running loads, those in the background too (their waiters get Errc::closed),
  // releases their leases and joins them. Every verb
  // answers Errc::closed from then on. Not to be cancelled. Idempotent.
  [[nodiscard]] awaitable<void> close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

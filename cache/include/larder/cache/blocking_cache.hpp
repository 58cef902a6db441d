// BlockingCache: a Cache for programs without coroutines. Every verb blocks its thread.
//
//   auto cache = BlockingCache::open(registry, "memory", {.clock = system_clock(),
//                                                         .log = null_log()});
//   auto answer = (*cache)->get_or_load(key, policy, load, system_clock().in(2s));
//
// It owns one io thread, on which a Cache and its store run, and up to
// BlockingOptions::loader_threads more, on which loaders run: a loader that blocks stalls
// nobody but those who wait for its key. A call costs a hop to the io thread and back.
//
// Any number of threads may call at once, loaders included; a loader that loads another key
// holds two of the loader threads. A call that reaches its deadline returns Errc::timeout;
// after that the rules of Cache hold: the load goes on as long as another caller waits, else
// it is abandoned. After close() every verb answers Errc::closed.
//
// A running function cannot be ended from outside. An abandoned loader therefore keeps its
// thread until it returns, and what it then brings is dropped; BlockingLoadContext::stop
// tells it to hurry. With all loader threads held, further loads wait for one until their
// own deadline, and beyond loads_waiting_max they are Errc::overloaded at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include <larder/cache/cache.hpp>
#include <larder/registry.hpp>

namespace larder {

struct BlockingOptions {
  // Loads that run at once; each has its thread, started when first needed. 1 to 1024.
  std::size_t loader_threads = 8;
  // Loads that wait for a thread. 1 to 1,000,000.
  std::size_t loads_waiting_max = 1024;
  // How long close() waits, in real time, for loaders that still run. 0 to 1 h.
  milliseconds close_patience{5000};
  // Of the Cache inside.
  CacheOptions cache{};
};

// As TagReader, for a thread that may block. The cache makes it.
class BlockingTagReader {
 public:
  virtual ~BlockingTagReader() = default;
  [[nodiscard]] virtual Result<void> read(std::vector<Tag> tags) = 0;
};

// What a blocking loader is told.
struct BlockingLoadContext {
  Deadline deadline;             // be done by then; the load is abandoned after it
  std::optional<Found> stale{};  // the outdated entry, if one is at hand
  std::stop_token stop{};        // requested when nobody wants the value any more
  std::shared_ptr<BlockingTagReader> tag_reader{};

  // As LoadContext::add_tags; blocks. Errc::cancelled once the load was abandoned.
  [[nodiscard]] Result<void> add_tags(std::vector<Tag> tags) const;
};

// As Loader, on a thread that may block. An exception counts as Errc::load_failed.
using BlockingLoader = std::function<Result<Loaded>(const BlockingLoadContext&)>;

// The same for several keys at once, as ManyLoadContext and ManyLoader.
struct BlockingManyLoadContext {
  Deadline deadline;
  std::vector<Key> keys{};
  std::vector<std::optional<Found>> stale{};
  std::stop_token stop{};
  std::shared_ptr<BlockingTagReader> tag_reader{};

  [[nodiscard]] Result<void> add_tags(std::vector<Tag> tags) const;
};

using BlockingManyLoader = std::function<Batch<Loaded>(const BlockingManyLoadContext&)>;

class BlockingCache {
 public:
  // Over a store of the caller's, which outlives it as clock and log do, and keeps nothing on
  // the io thread between calls: one with connections of its own is for open().
  // Errc::unavailable where no thread can be started.
  [[nodiscard]] static Result<std::unique_ptr<BlockingCache>> make(CacheBackend& backend,
                                                                   Clock& clock, LogSink& log,
                                                                   BlockingOptions options = {});

  // Over a store that it opens by name, owns and closes. Blocks as long as opening takes.
  [[nodiscard]] static Result<std::unique_ptr<BlockingCache>> open(const BackendRegistry& registry,
                                                                   std::string_view type,
                                                                   const BackendContext& context,
                                                                   BlockingOptions options = {});

  // Calls close(). No verb may be running on another thread any more.
  ~BlockingCache();
  BlockingCache(const BlockingCache&) = delete;
  BlockingCache& operator=(const BlockingCache&) = delete;

  // ---- the verbs of Cache, under the same contracts ----

  [[nodiscard]] Result<void> check_policy(const Policy& policy) const;
  [[nodiscard]] Result<std::optional<Answer>> get(const Key& key, Deadline deadline);
  [[nodiscard]] Result<bool> put(const Key& key, Bytes value, const Policy& policy,
                                 Deadline deadline);
  [[nodiscard]] Result<bool> erase(const Key& key, Deadline deadline);
  [[nodiscard]] Result<bool> expire(const Key& key, Deadline deadline);
  [[nodiscard]] Result<Answer> get_or_load(const Key& key, const Policy& policy,
                                           BlockingLoader loader, Deadline deadline);
  // At the deadline the keys that have their answer keep it; the others are Errc::timeout.
  [[nodiscard]] Batch<Answer> get_or_load_many(std::span<const Key> keys, const Policy& policy,
                                               BlockingManyLoader loader, Deadline deadline);
  [[nodiscard]] Result<void> clear(std::string_view name_space, Deadline deadline);
  [[nodiscard]] Result<void> invalidate(std::span<const Tag> tags, Deadline deadline);
  [[nodiscard]] Result<Explanation> explain(const Key& key, Deadline deadline);
  [[nodiscard]] Result<Explanation> explain(const Key& key, const Policy& policy,
                                            Deadline deadline);
  [[nodiscard]] CacheStats stats() const noexcept;
  [[nodiscard]] std::optional<BreakerStats> breaker_stats() const;
  // Of the store.
  [[nodiscard]] BackendStats store_stats() const;

  // Ends running calls with Errc::closed, abandons loads, closes the store if it is its own,
  // and joins all threads. A loader that still runs after close_patience is left behind with
  // its thread and logged: that thread touches nothing of the cache any more, but what the
  // loader itself refers to must stay until it returns. Not from a loader. Idempotent.
  void close();

 private:
  class Impl;
  explicit BlockingCache(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

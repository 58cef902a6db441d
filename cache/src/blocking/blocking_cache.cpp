#include <larder/cache/blocking_cache.hpp>

#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "blocking/calls.hpp"
#include "blocking/io_thread.hpp"
#include "blocking/job.hpp"
#include "blocking/loader_pool.hpp"
#include "keeping.hpp"

namespace larder {
namespace {

constexpr std::size_t kLoaderThreadsMax = 1024;
constexpr std::size_t kLoadsWaitingMax = 1'000'000;
constexpr milliseconds kClosePatienceMax = std::chrono::hours(1);

Result<void> check(const BlockingOptions& options) {
  if (options.loader_threads < 1 || options.loader_threads > kLoaderThreadsMax) {
    return fail(Errc::invalid_argument, "loader_threads: must be 1 to 1024");
  }
  if (options.loads_waiting_max < 1 || options.loads_waiting_max > kLoadsWaitingMax) {
    return fail(Errc::invalid_argument, "loads_waiting_max: must be 1 to 1,000,000");
  }
  if (options.close_patience < milliseconds(0) || options.close_patience > kClosePatienceMax) {
    return fail(Errc::invalid_argument, "close_patience: must be 0 to 1 h");
  }
  return check(options.cache);
}

Result<std::unique_ptr<IoThread>> start_io(LogSink& log) {
  try {
    return std::make_unique<IoThread>(log);
  } catch (const std::system_error& failure) {
    return fail(Errc::unavailable, std::string("io thread: ") + failure.what());
  }
}

using OpenedStore = Result<std::unique_ptr<CacheBackend>>;

awaitable<void> open_store(const BackendRegistry& registry, std::string_view type,
                           const BackendContext& context, std::optional<OpenedStore>& opened) {
  opened.emplace(co_await registry.open(type, context));
}

}  // namespace

class BlockingCache::Impl {
 public:
  // `owned` is null or the backend.
  Impl(std::unique_ptr<IoThread> io, std::unique_ptr<CacheBackend> owned, CacheBackend& backend,
       const BackendContext& context, const BlockingOptions& options)
      : log_(context.log),
        patience_(options.close_patience),
        io_(std::move(io)),
        owned_(std::move(owned)),
        backend_(backend),
        cache_(backend, context.clock, context.log, options.cache),
        pool_(options.loader_threads, options.loads_waiting_max),
        calls_(std::make_shared<Calls>(*io_, context.clock)) {}

  template <typename T>
  [[nodiscard]] Result<T> run(const Key& key, Deadline deadline, awaitable<Result<T>> work) {
    return calls_->run(key.name_space(), deadline, std::move(work));
  }

  [[nodiscard]] Cache& cache() noexcept { return cache_; }
  [[nodiscard]] const CacheBackend& backend() const noexcept { return backend_; }
  [[nodiscard]] Calls& calls() noexcept { return *calls_; }
  [[nodiscard]] Loader loader(BlockingLoader loader) {
    return loader ? on_pool(pool_, calls_, std::move(loader)) : Loader();
  }
  [[nodiscard]] ManyLoader loader(BlockingManyLoader loader) {
    return loader ? on_pool(pool_, calls_, std::move(loader)) : ManyLoader();
  }
  void close() {
    std::call_once(closing_, [this] { close_once(); });
  }

 private:
  void close_once();

  LogSink& log_;
  const milliseconds patience_;
  // Outlives what lives in its io_context.
  const std::unique_ptr<IoThread> io_;
  const std::unique_ptr<CacheBackend> owned_;
  CacheBackend& backend_;
  Cache cache_;
  LoaderPool pool_;
  // Shared with loaders that close() leaves behind.
  const std::shared_ptr<Calls> calls_;
  std::once_flag closing_;
};

void BlockingCache::Impl::close_once() {
  calls_->close();
  io_->run(cache_.close());
  if (owned_) {
    io_->run(owned_->close());
  }
  io_->stop();
  if (const std::size_t left_behind = pool_.close(patience_); left_behind > 0) {
    log_.warning("cache", "loaders still run after close and were left behind",
                 {{"loaders", std::to_string(left_behind)}});
  }
}

Result<std::unique_ptr<BlockingCache>> BlockingCache::make(CacheBackend& backend, Clock& clock,
                                                           LogSink& log, BlockingOptions options) {
  if (auto valid = check(options); !valid) {
    return std::unexpected(std::move(valid).error());
  }
  auto io = start_io(log);
  if (!io) {
    return std::unexpected(std::move(io).error());
  }
  auto impl = std::make_unique<Impl>(*std::move(io), nullptr, backend,
                                     BackendContext{.clock = clock, .log = log}, options);
  return std::unique_ptr<BlockingCache>(new BlockingCache(std::move(impl)));
}

Result<std::unique_ptr<BlockingCache>> BlockingCache::open(const BackendRegistry& registry,
                                                           std::string_view type,
                                                           const BackendContext& context,
                                                           BlockingOptions options) {
  if (auto valid = check(options); !valid) {
    return std::unexpected(std::move(valid).error());
  }
  auto io = start_io(context.log);
  if (!io) {
    return std::unexpected(std::move(io).error());
  }
  std::optional<OpenedStore> opened;
  (*io)->run(open_store(registry, type, context, opened));
  if (!*opened) {
    (*io)->stop();
    return std::unexpected(std::move(*opened).error());
  }
  CacheBackend& backend = ***opened;
  auto impl =
      std::make_unique<Impl>(*std::move(io), **std::move(opened), backend, context, options);
  return std::unique_ptr<BlockingCache>(new BlockingCache(std::move(impl)));
}

BlockingCache::BlockingCache(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

BlockingCache::~BlockingCache() { close(); }

void BlockingCache::close() { impl_->close(); }

Result<void> BlockingCache::check_policy(const Policy& policy) const {
  return impl_->cache().check_policy(policy);
}

Result<std::optional<Answer>> BlockingCache::get(const Key& key, Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().get(key, deadline));
}

Result<bool> BlockingCache::put(const Key& key, Bytes value, const Policy& policy,
                                Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().put(key, std::move(value), policy, deadline));
}

Result<bool> BlockingCache::erase(const Key& key, Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().erase(key, deadline));
}

Result<bool> BlockingCache::expire(const Key& key, Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().expire(key, deadline));
}

Result<Answer> BlockingCache::get_or_load(const Key& key, const Policy& policy,
                                          BlockingLoader loader, Deadline deadline) {
  return impl_->run(key, deadline,
                    impl_->cache().get_or_load(key, policy, impl_->loader(std::move(loader))));
}

Batch<Answer> BlockingCache::get_or_load_many(std::span<const Key> keys, const Policy& policy,
                                              BlockingManyLoader loader, Deadline deadline) {
  return impl_->calls().run_many(
      "get_or_load_many", keys.size(), deadline,
      impl_->cache().get_or_load_many(keys, policy, impl_->loader(std::move(loader))));
}

Result<void> BlockingCache::clear(std::string_view name_space, Deadline deadline) {
  return impl_->calls().run("clear", deadline, impl_->cache().clear(name_space, deadline));
}

Result<void> BlockingCache::invalidate(std::span<const Tag> tags, Deadline deadline) {
  return impl_->calls().run("invalidate", deadline, impl_->cache().invalidate(tags, deadline));
}

Result<Explanation> BlockingCache::explain(const Key& key, Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().explain(key, deadline));
}

Result<Explanation> BlockingCache::explain(const Key& key, const Policy& policy,
                                           Deadline deadline) {
  return impl_->run(key, deadline, impl_->cache().explain(key, policy, deadline));
}

CacheStats BlockingCache::stats() const noexcept { return impl_->cache().stats(); }

std::optional<BreakerStats> BlockingCache::breaker_stats() const {
  return impl_->cache().breaker_stats();
}

BackendStats BlockingCache::store_stats() const { return impl_->backend().stats(); }

}  // namespace larder

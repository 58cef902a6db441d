#include <larder/cache/cache.hpp>

#include <cassert>
#include <utility>

#include "impl.hpp"

namespace larder {

std::unique_ptr<BreakerBackend> breaker_around(CacheBackend& backend, Clock& clock, LogSink& log,
                                               const CacheOptions& options) {
  const Capabilities& can = backend.capabilities();
  if (!options.breaker || !(can.shared || can.durable) || has_breaker(backend)) {
    return nullptr;
  }
  auto made = BreakerBackend::make(backend, clock, log, *options.breaker);
  return made ? *std::move(made) : nullptr;
}

Cache::Cache(CacheBackend& backend, Clock& clock, LogSink& log, CacheOptions options)
    : impl_(std::make_unique<Impl>(backend, clock, log, options)) {}

Cache::~Cache() { assert(impl_->idle() && "close() must complete before the destructor"); }

Result<void> Cache::check_policy(const Policy& policy) const { return impl_->check_policy(policy); }

awaitable<Result<std::optional<Answer>>> Cache::get(const Key& key, Deadline deadline) {
  return impl_->get(key, deadline);
}

awaitable<Result<bool>> Cache::put(const Key& key, Bytes value, const Policy& policy,
                                   Deadline deadline) {
  return impl_->put(key, std::move(value), policy, deadline);
}

awaitable<Result<bool>> Cache::erase(const Key& key, Deadline deadline) {
  return impl_->erase(key, deadline);
}

awaitable<Result<bool>> Cache::expire(const Key& key, Deadline deadline) {
  return impl_->expire(key, deadline);
}

awaitable<Result<Answer>> Cache::get_or_load(const Key& key, const Policy& policy, Loader loader) {
  return impl_->get_or_load(key, policy, std::move(loader));
}

awaitable<Batch<Answer>> Cache::get_or_load_many(std::span<const Key> keys, const Policy& policy,
                                                 ManyLoader loader) {
  return impl_->get_or_load_many(keys, policy, std::move(loader));
}

awaitable<Result<void>> Cache::clear(std::string_view name_space, Deadline deadline) {
  return impl_->clear(name_space, deadline);
}

awaitable<Result<void>> Cache::invalidate(std::span<const Tag> tags, Deadline deadline) {
  return impl_->invalidate(tags, deadline);
}

awaitable<Result<Explanation>> Cache::explain(const Key& key, Deadline deadline) {
  return impl_->explain(key, nullptr, deadline);
}

awaitable<Result<Explanation>> Cache::explain(const Key& key, const Policy& policy,
                                              Deadline deadline) {
  return impl_->explain(key, &policy, deadline);
}

std::optional<BreakerStats> Cache::breaker_stats() const { return impl_->breaker_stats(); }

CacheStats Cache::stats() const noexcept { return impl_->stats(); }

awaitable<void> Cache::close() { return impl_->close(); }

}  // namespace larder

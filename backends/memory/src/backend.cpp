#include <larder/memory/backend.hpp>

#include <utility>

#include "check.hpp"
#include "impl.hpp"

namespace larder {
namespace {

using memory::Bounds;
using memory::Target;

}  // namespace

Result<std::unique_ptr<MemoryCacheBackend>> MemoryCacheBackend::make(Clock& clock,
                                                                     MemoryOptions options) {
  if (options.bytes_max < Bounds::kBytesMin) {
    return fail(Errc::invalid_argument, "memory.bytes: expected at least 2 MiB");
  }
  auto impl = std::make_unique<Impl>(clock, Bounds::of(options.bytes_max));
  return std::unique_ptr<MemoryCacheBackend>(new MemoryCacheBackend(std::move(impl)));
}

MemoryCacheBackend::MemoryCacheBackend(std::unique_ptr<Impl> impl) noexcept
    : impl_(std::move(impl)) {}

MemoryCacheBackend::~MemoryCacheBackend() { impl_->close(); }

std::string_view MemoryCacheBackend::name() const noexcept { return "memory"; }

const Capabilities& MemoryCacheBackend::capabilities() const noexcept {
  return impl_->capabilities_;
}

// ---- values ----

std::optional<Found> MemoryCacheBackend::find(const Key& key) {
  if (impl_->closed_.load(std::memory_order_acquire)) {
    return std::nullopt;
  }
  return impl_->values_.get(key, impl_->common_.hash(key));
}

void MemoryCacheBackend::insert(const Found& found, SteadyTime until) {
  if (impl_->closed_.load(std::memory_order_acquire)) {
    return;
  }
  const Key key = found.entry->key();
  const Target at = impl_->target(key);
  if (found.entry->value().size() > impl_->capabilities_.value_bytes_max) {
    static_cast<void>(impl_->lane(at).erase(at));
    return;
  }
  impl_->lane(at).insert_copy(at, found, until);
}

void MemoryCacheBackend::drop(const Key& key) {
  const Target at = impl_->target(key);
  static_cast<void>(impl_->lane(at).erase(at));
}

void MemoryCacheBackend::drop_all() { impl_->values_.drop_all(); }

awaitable<Batch<std::optional<Found>>> MemoryCacheBackend::get(std::span<const Key> keys,
                                                               Deadline deadline) {
  co_return impl_->each<std::optional<Found>>(keys, deadline, [&](const Key& key) {
    return Result<std::optional<Found>>(impl_->values_.get(key, impl_->common_.hash(key)));
  });
}

awaitable<Batch<PutOutcome>> MemoryCacheBackend::put(std::span<const PutItem> items,
                                                     Deadline deadline) {
  co_return impl_->each<PutOutcome>(
      items, deadline, [&](const PutItem& item) -> Result<PutOutcome> {
        if (const auto valid =
                memory::check_entry(item.entry, impl_->capabilities_.value_bytes_max);
            !valid) {
          return std::unexpected(valid.error());
        }
        const Target at = impl_->target(item.entry.key);
        return impl_->lane(at).put(at, impl_->values_.pack(item.entry), item.condition);
      });
}

awaitable<Batch<bool>> MemoryCacheBackend::erase(std::span<const Key> keys, Deadline deadline) {
  co_return impl_->each<bool>(keys, deadline, [&](const Key& key) {
    const Target at = impl_->target(key);
    return Result<bool>(impl_->lane(at).erase(at));
  });
}

awaitable<Batch<bool>> MemoryCacheBackend::touch(std::span<const TouchItem> items,
                                                 Deadline deadline) {
  co_return impl_->each<bool>(items, deadline, [&](const TouchItem& item) {
    const Target at = impl_->target(item.key);
    return impl_->lane(at).touch(at, item.fresh);
  });
}

// ---- leases ----

awaitable<Batch<LeaseAnswer>> MemoryCacheBackend::read_or_lease(
    std::span<const LeaseRequest> requests, Deadline deadline) {
  co_return impl_->each<LeaseAnswer>(
      requests, deadline, [&](const LeaseRequest& request) -> Result<LeaseAnswer> {
        if (const auto valid = memory::check_hold(request.hold); !valid) {
          return std::unexpected(valid.error());
        }
        const Target at = impl_->target(request.key);
        return impl_->lane(at).read_or_lease(at, request);
      });
}

awaitable<Batch<FillOutcome>> MemoryCacheBackend::fill(std::span<const Fill> fills,
                                                       Deadline deadline) {
  co_return impl_->each<FillOutcome>(fills, deadline, [&](const Fill& item) -> Result<FillOutcome> {
    if (const auto valid = memory::check_entry(item.entry, impl_->capabilities_.value_bytes_max);
        !valid) {
      return std::unexpected(valid.error());
    }
    const Target at = impl_->target(item.entry.key);
    return impl_->lane(at).fill(at, impl_->values_.pack(item.entry), item.token);
  });
}

awaitable<Batch<bool>> MemoryCacheBackend::renew(std::span<const LeaseHold> leases,
                                                 milliseconds hold, Deadline deadline) {
  co_return impl_->each<bool>(leases, deadline, [&](const LeaseHold& lease) -> Result<bool> {
    if (const auto valid = memory::check_hold(hold); !valid) {
      return std::unexpected(valid.error());
    }
    const Target at = impl_->target(lease.key);
    return impl_->lane(at).renew(at, lease.token, hold);
  });
}

awaitable<Batch<bool>> MemoryCacheBackend::release(std::span<const LeaseHold> leases,
                                                   Deadline deadline) {
  co_return impl_->each<bool>(leases, deadline, [&](const LeaseHold& lease) {
    const Target at = impl_->target(lease.key);
    return Result<bool>(impl_->lane(at).release(at, lease.token));
  });
}

// ---- counters, quotas, epochs ----

awaitable<Batch<std::int64_t>> MemoryCacheBackend::add(std::span<const Addition> additions,
                                                       Deadline deadline) {
  co_return impl_->each<std::int64_t>(
      additions, deadline, [&](const Addition& addition) -> Result<std::int64_t> {
        if (const auto valid = memory::check_addition(addition); !valid) {
          return std::unexpected(valid.error());
        }
        const Target at = impl_->target(addition.key);
        return impl_->shard(at).add(at, addition);
      });
}

awaitable<Batch<QuotaAnswer>> MemoryCacheBackend::take(std::span<const QuotaRequest> requests,
                                                       Deadline deadline) {
  co_return impl_->each<QuotaAnswer>(
      requests, deadline, [&](const QuotaRequest& request) -> Result<QuotaAnswer> {
        if (const auto valid = memory::check_quota(request); !valid) {
          return std::unexpected(valid.error());
        }
        const Target at = impl_->target(request.key);
        return impl_->shard(at).take(at, request);
      });
}

awaitable<Batch<Epoch>> MemoryCacheBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  co_return impl_->each<Epoch>(tags, deadline, [&](const Tag& tag) {
    const Target at = impl_->target(tag);
    return Result<Epoch>(impl_->shard(at).epoch(at));
  });
}

awaitable<Batch<Epoch>> MemoryCacheBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  co_return impl_->each<Epoch>(tags, deadline, [&](const Tag& tag) {
    const Target at = impl_->target(tag);
    return Result<Epoch>(impl_->shard(at).bump(at));
  });
}

}  // namespace larder

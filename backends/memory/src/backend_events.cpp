// Events, messages and care. backend.cpp has the other verbs.
#include <utility>

#include "check.hpp"
#include "cursor.hpp"
#include "impl.hpp"

namespace larder {
namespace {

using memory::Target;

constexpr std::size_t kReadCountMax = 1000;
constexpr std::size_t kScanCountMax = 10'000;
// Buckets a scan visits for each key it is asked for, so that a rare namespace in a large
// store ends a page rather than holding the thread.
constexpr std::size_t kScanStepsPerKey = 16;

}  // namespace

// ---- events ----

awaitable<Result<EventPosition>> MemoryCacheBackend::append(const Key& log, Bytes payload,
                                                            LogBounds bounds, Deadline deadline) {
  co_return impl_->one<EventPosition>(1, deadline, [&]() -> Result<EventPosition> {
    if (const auto valid = memory::check_log(bounds, payload.size()); !valid) {
      return std::unexpected(valid.error());
    }
    const Target at = impl_->target(log);
    return impl_->shard(at).append(at, Bytes::copy_of(payload.view()), bounds);
  });
}

awaitable<Result<EventPage>> MemoryCacheBackend::read_after(const Key& log, EventPosition position,
                                                            std::size_t count, Deadline deadline) {
  co_return impl_->one<EventPage>(1, deadline, [&]() -> Result<EventPage> {
    if (count < 1 || count > kReadCountMax) {
      return fail(Errc::invalid_argument, "count: expected 1 to 1000");
    }
    const Target at = impl_->target(log);
    return impl_->shard(at).read_after(at, position, count);
  });
}

awaitable<Result<void>> MemoryCacheBackend::publish(const Key& channel, Bytes payload,
                                                    Deadline deadline) {
  co_return impl_->one<void>(1, deadline, [&]() -> Result<void> {
    impl_->messages_->publish(channel, payload);
    return {};
  });
}

awaitable<Result<std::unique_ptr<Subscription>>> MemoryCacheBackend::subscribe(
    std::span<const Key> channels, Deadline deadline) {
  co_return impl_->one<std::unique_ptr<Subscription>>(channels.size(), deadline, [&] {
    return impl_->messages_->subscribe(channels, impl_->clock_);
  });
}

awaitable<Result<std::unique_ptr<Watch>>> MemoryCacheBackend::watch(Deadline deadline) {
  co_return impl_->one<std::unique_ptr<Watch>>(
      1, deadline, [&] { return impl_->common_.watches->open(impl_->clock_); });
}

// ---- care ----

Result<ScanPage> MemoryCacheBackend::Impl::scan(const ScanRequest& request) {
  if (request.count < 1 || request.count > kScanCountMax) {
    return fail(Errc::invalid_argument, "count: expected 1 to 10000");
  }
  std::uint64_t from = 0;
  if (!request.cursor.empty()) {
    const auto parsed = memory::parse_cursor(request.cursor);
    if (!parsed) {
      return fail(Errc::invalid_argument, "cursor: not one of this store's");
    }
    from = *parsed;
  }
  ScanPage page;
  std::size_t steps = request.count * kScanStepsPerKey;
  const auto next =
      values_.scan(request.name_space, from, request.count, steps, clock_.now(), page.keys);
  page.cursor = next ? memory::cursor_text(*next) : "";
  return page;
}

awaitable<Result<ScanPage>> MemoryCacheBackend::scan(ScanRequest request, Deadline deadline) {
  co_return impl_->one<ScanPage>(1, deadline, [&] { return impl_->scan(request); });
}

BackendStats MemoryCacheBackend::stats() const { return impl_->stats(); }

awaitable<Result<void>> MemoryCacheBackend::ping(Deadline deadline) {
  co_return impl_->one<void>(1, deadline, [] { return Result<void>(); });
}

awaitable<void> MemoryCacheBackend::close() {
  impl_->close();
  co_return;
}

void register_memory(BackendRegistry& registry, MemoryOptions options) {
  registry.add(
      "memory",
      [options](const BackendContext& context) -> awaitable<Result<std::unique_ptr<CacheBackend>>> {
        co_return MemoryCacheBackend::make(context.clock, options);
      });
}

}  // namespace larder

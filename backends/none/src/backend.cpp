#include <larder/none/backend.hpp>

#include <memory>
#include <string>

namespace larder {
namespace {

constexpr std::string_view kName = "none";

constexpr Capabilities kCapabilities{
    .values = false,
    .conditions = false,
    .leases = false,
    .counters = false,
    .quotas = false,
    .epochs = false,
    .events = false,
    .messages = false,
    .watch = false,
    .scan = false,
    .shared = false,
    .durable = false,
    .value_bytes_max = std::size_t{64} << 20,
    .batch_max = 1024,
};

// The context of an error: who says what.
std::string said(std::string_view what) {
  return std::string(kName).append(" store: ").append(what);
}

}  // namespace

std::string_view NoneCacheBackend::name() const noexcept { return kName; }

const Capabilities& NoneCacheBackend::capabilities() const noexcept { return kCapabilities; }

awaitable<Batch<std::optional<Found>>> NoneCacheBackend::get(std::span<const Key> keys,
                                                             Deadline deadline) {
  if (const auto error = refusal(keys.size(), deadline)) {
    co_return fail_all<std::optional<Found>>(keys.size(), *error);
  }
  misses_ += keys.size();
  co_return Batch<std::optional<Found>>(keys.size(), std::nullopt);
}

awaitable<Batch<PutOutcome>> NoneCacheBackend::put(std::span<const PutItem> items,
                                                   Deadline deadline) {
  if (const auto error = refusal(items.size(), deadline)) {
    co_return fail_all<PutOutcome>(items.size(), *error);
  }
  Batch<PutOutcome> outcomes;
  outcomes.reserve(items.size());
  for (const PutItem& item : items) {
    outcomes.push_back(accept(item));
  }
  co_return outcomes;
}

awaitable<Batch<bool>> NoneCacheBackend::erase(std::span<const Key> keys, Deadline deadline) {
  if (const auto error = refusal(keys.size(), deadline)) {
    co_return fail_all<bool>(keys.size(), *error);
  }
  co_return Batch<bool>(keys.size(), false);
}

awaitable<Batch<bool>> NoneCacheBackend::touch(std::span<const TouchItem> items,
                                               Deadline deadline) {
  if (const auto error = refusal(items.size(), deadline)) {
    co_return fail_all<bool>(items.size(), *error);
  }
  co_return Batch<bool>(items.size(), false);
}

BackendStats NoneCacheBackend::stats() const {
  return BackendStats{
      .misses = misses_, .writes = writes_, .errors = errors_, .entries = 0, .bytes = 0};
}

awaitable<Result<void>> NoneCacheBackend::ping(Deadline deadline) {
  if (auto error = refusal(0, deadline)) {
    co_return std::unexpected(std::move(*error));
  }
  co_return Result<void>();
}

awaitable<void> NoneCacheBackend::close() {
  closed_ = true;
  co_return;
}

std::optional<Error> NoneCacheBackend::refusal(std::size_t items, Deadline deadline) {
  std::optional<Error> error;
  if (closed_) {
    error.emplace(Errc::closed, said("the store is closed"));
  } else if (deadline <= clock_.now()) {
    error.emplace(Errc::timeout, said("the deadline is past"));
  } else if (items > kCapabilities.batch_max) {
    error.emplace(Errc::invalid_argument, said("the batch is over batch_max"));
  }
  errors_ += error.has_value() ? 1 : 0;
  return error;
}

Result<PutOutcome> NoneCacheBackend::accept(const PutItem& item) {
  if (!std::holds_alternative<Always>(item.condition)) {
    return fail(Errc::unsupported, said("put has no conditions"));
  }
  if (item.entry.life.total() > Life::kTotalMax) {
    return fail(Errc::invalid_argument, said("life is over Life::kTotalMax"));
  }
  if (item.entry.value.size() > kCapabilities.value_bytes_max) {
    return fail(Errc::too_large, said("value is over value_bytes_max"));
  }
  // The count of writes is different for each, as a version has to be.
  return PutOutcome{.stored = true, .version = Version(++writes_)};
}

void register_none(BackendRegistry& registry) {
  registry.add(
      "none",
      [](const BackendContext& context) -> awaitable<Result<std::unique_ptr<CacheBackend>>> {
        co_return std::make_unique<NoneCacheBackend>(context.clock);
      });
}

}  // namespace larder

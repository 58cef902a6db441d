#include <larder/cache/near_tier.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "near_impl.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

Result<void> check(const NearOptions& options) {
  constexpr std::uint32_t kCountMax = 1'000'000;
  const auto refuse = [](std::string what) {
    return fail(Errc::invalid_argument, "near tier: " + std::move(what));
  };
  if (options.staleness < milliseconds(1) || options.staleness > std::chrono::hours(1)) {
    return refuse("staleness: expected 1 ms to 1 h");
  }
  if (options.fetches_max < 1 || options.fetches_max > kCountMax) {
    return refuse("fetches_max: expected 1 to 1,000,000");
  }
  if (options.epochs_max < 1 || options.epochs_max > kCountMax) {
    return refuse("epochs_max: expected 1 to 1,000,000");
  }
  return {};
}

}  // namespace

// ---- bumps ----

awaitable<Batch<Epoch>> NearTierBackend::Impl::bump(std::span<const Tag> tags, Deadline deadline) {
  epochs_.bump_begins(tags);
  Batch<Epoch> answers = co_await remote_.bump(tags, deadline);
  epochs_.bump_ended(tags);
  const bool none = std::ranges::none_of(answers, [](const Result<Epoch>& answer) {
    return answer || answer.error().advice() == Advice::unknown_outcome;
  });
  if (mode_ == NearMode::coherent && capabilities_.messages && !none &&
      !is_cancelled(co_await asio::this_coro::cancellation_state)) {
    // Whoever does not hear it goes on for `staleness`, as promised: no failure of the bump.
    static_cast<void>(co_await remote_.publish(bump_channel(), Bytes(write_bumps(tags)), deadline));
  }
  co_return answers;
}

// ---- NearTierBackend ----

awaitable<Result<std::unique_ptr<NearTierBackend>>> NearTierBackend::open(
    CacheBackend& remote, LocalStore& local, Clock& clock, LogSink& log, NearOptions options) {
  if (const auto valid = check(options); !valid) {
    co_return std::unexpected(valid.error());
  }
  if (options.mode == NearMode::coherent && !remote.capabilities().watch) {
    co_return fail(
        Errc::unsupported,
        "near tier: the " + std::string(remote.name()) +
            " store tells no changes (watch), so copies cannot be coherent; use bounded");
  }
  auto impl = std::make_unique<Impl>(remote, local, clock, log, options);
  if (options.mode == NearMode::coherent) {
    impl->pump_.start(co_await asio::this_coro::executor);
  }
  co_return std::unique_ptr<NearTierBackend>(new NearTierBackend(remote, std::move(impl)));
}

NearTierBackend::NearTierBackend(CacheBackend& remote, std::unique_ptr<Impl> impl) noexcept
    : Layer(remote), impl_(std::move(impl)) {}

NearTierBackend::~NearTierBackend() = default;

NearTierStats NearTierBackend::near_stats() const noexcept {
  const NearCounters& counters = impl_->counters_;
  return NearTierStats{.hits_near = counters.hits_near.count(),
                       .hits_remote = counters.hits_remote.count(),
                       .misses = counters.misses.count(),
                       .coalesced = counters.joined_hits.count() + counters.joined_misses.count(),
                       .fills = counters.fills.count(),
                       .fills_killed = counters.fills_killed.count(),
                       .fills_refused = counters.fills_refused.count(),
                       .drops = counters.drops.count(),
                       .watch_losses = counters.watch_losses.count(),
                       .live = impl_->fetches_->live()};
}

const Capabilities& NearTierBackend::capabilities() const noexcept { return impl_->capabilities_; }

awaitable<Batch<std::optional<Found>>> NearTierBackend::get(std::span<const Key> keys,
                                                            Deadline deadline) {
  return impl_->get(keys, deadline);
}

awaitable<Batch<PutOutcome>> NearTierBackend::put(std::span<const PutItem> items,
                                                  Deadline deadline) {
  return impl_->write<PutOutcome>(items, [=, this] { return inner().put(items, deadline); });
}

awaitable<Batch<bool>> NearTierBackend::erase(std::span<const Key> keys, Deadline deadline) {
  return impl_->write<bool>(keys, [=, this] { return inner().erase(keys, deadline); });
}

awaitable<Batch<bool>> NearTierBackend::touch(std::span<const TouchItem> items, Deadline deadline) {
  return impl_->write<bool>(items, [=, this] { return inner().touch(items, deadline); });
}

awaitable<Batch<LeaseAnswer>> NearTierBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                             Deadline deadline) {
  return impl_->read_or_lease(requests, deadline);
}

awaitable<Batch<FillOutcome>> NearTierBackend::fill(std::span<const Fill> fills,
                                                    Deadline deadline) {
  return impl_->write<FillOutcome>(fills, [=, this] { return inner().fill(fills, deadline); });
}

awaitable<Batch<Epoch>> NearTierBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  return impl_->epochs(tags, deadline);
}

awaitable<Batch<Epoch>> NearTierBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  return impl_->bump(tags, deadline);
}

awaitable<Result<std::unique_ptr<Watch>>> NearTierBackend::watch(Deadline deadline) {
  return CacheBackend::watch(deadline);
}

BackendStats NearTierBackend::stats() const {
  BackendStats stats = inner().stats();
  const NearCounters& counters = impl_->counters_;
  stats.hits += counters.hits_near.count() + counters.joined_hits.count();
  stats.misses += counters.joined_misses.count();
  return stats;
}

awaitable<void> NearTierBackend::close() {
  impl_->closed_.store(true, std::memory_order_release);
  if (impl_->mode_ == NearMode::coherent) {
    co_await impl_->pump_.stop();
  }
  // Copies without use would fill the local store; what is still on its way leaves none.
  impl_->fetches_->set_live(false);
  impl_->fetches_->change_all();
  co_await inner().close();
}

}  // namespace larder

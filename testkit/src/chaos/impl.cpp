#include "chaos/impl.hpp"

#include <algorithm>
#include <random>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <larder/runtime/deadline.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

constexpr const char* kWhere = "chaos";

std::uint64_t drawn_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

ChaosBackend::Impl::Impl(std::unique_ptr<CacheBackend> store, Clock& clock, ChaosOptions options)
    : store_(std::move(store)),
      clock_(clock),
      seed_(options.seed == 0 ? drawn_seed() : options.seed),
      options_(std::make_shared<const ChaosOptions>(std::move(options))) {}

void ChaosBackend::Impl::set_options(ChaosOptions options) {
  const std::lock_guard lock(mutex_);
  options_ = std::make_shared<const ChaosOptions>(std::move(options));
}

Fate ChaosBackend::Impl::draw() {
  std::shared_ptr<const ChaosOptions> options;
  {
    const std::lock_guard lock(mutex_);
    options = options_;
  }
  return fate_of(*options, seed_, calls_++);
}

Error ChaosBackend::Impl::lost_reply() {
  return Error(Errc::unavailable, Advice::unknown_outcome, "chaos: the reply was lost");
}

awaitable<std::optional<Error>> ChaosBackend::Impl::suffer(Fate fate, Deadline deadline) {
  {
    // A closed store and a deadline that is past have answers of their own.
    const std::lock_guard lock(mutex_);
    if (closed_ || deadline <= clock_.now()) {
      co_return std::nullopt;
    }
  }
  if (outage_) {
    co_return Error(Errc::unavailable, "chaos: outage");
  }
  if (fate.hangs) {
    co_return co_await sleep(deadline);
  }
  if (fate.delay > milliseconds(0)) {
    const SteadyTime when = clock_.in(fate.delay);
    Error woken = co_await sleep(std::min(when, deadline));
    if (woken.code() != Errc::timeout || deadline <= when) {
      co_return woken;
    }
  }
  if (fate.error) {
    co_return Error(fate.error->code, fate.error->advice, "chaos: drawn by seed");
  }
  co_return std::nullopt;
}

awaitable<Error> ChaosBackend::Impl::sleep(SteadyTime when) {
  const auto woken = co_await with_deadline(clock_, when, kWhere, until_closed());
  co_return woken ? Error(Errc::closed, kWhere) : woken.error();
}

void ChaosBackend::Impl::enlist(const std::shared_ptr<Sleeper>& sleeper) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sleepers_, [](const std::weak_ptr<Sleeper>& one) { return one.expired(); });
  if (closed_) {
    sleeper->timer.expires_at(SteadyTime::min());
  }
  sleepers_.push_back(sleeper);
}

awaitable<Result<void>> ChaosBackend::Impl::until_closed() {
  const auto executor = co_await asio::this_coro::executor;
  const auto sleeper = std::make_shared<Sleeper>(
      Sleeper{.executor = executor, .timer = asio::steady_timer(executor, SteadyTime::max())});
  enlist(sleeper);
  (void)co_await sleeper->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    co_return fail(Errc::cancelled, kWhere);
  }
  co_return Result<void>();
}

awaitable<void> ChaosBackend::Impl::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& weak : sleepers_) {
      if (const auto sleeper = weak.lock()) {
        // A timer is touched on its own thread only.
        asio::post(sleeper->executor, [sleeper] { sleeper->timer.expires_at(SteadyTime::min()); });
      }
    }
    sleepers_.clear();
  }
  co_await store_->close();
}

}  // namespace larder::testkit

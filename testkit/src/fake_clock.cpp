#include <larder/testkit/fake_clock.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

// Far from zero, so that tests may subtract from now().
constexpr SteadyTime kSteadyStart{std::chrono::hours(1000)};
// 2026-01-01T00:00:00Z.
constexpr WallTime kWallStart{std::chrono::seconds(1'767'225'600)};

}  // namespace

// A sleeper waits on an Asio timer of its own executor that never expires by itself, so
// its coroutine belongs to its io_context and dies with it. advance() makes the timer
// expire. All timers are touched under the one mutex: they are not thread-safe.
class FakeClock::Impl {
 public:
  using Sleepers = std::multimap<SteadyTime, asio::steady_timer*>;

  // Stands in the list while its coroutine sleeps, however that ends.
  class Sleeper {
   public:
    Sleeper(std::shared_ptr<Impl> clock, SteadyTime when, const asio::any_io_executor& executor)
        : clock_(std::move(clock)), timer_(executor, SteadyTime::max()) {
      const std::lock_guard lock(clock_->mutex_);
      if (when <= clock_->now()) {
        timer_.expires_at(SteadyTime::min());
      }
      place_ = clock_->sleepers_.emplace(when, &timer_);
    }
    ~Sleeper() {
      const std::lock_guard lock(clock_->mutex_);
      clock_->sleepers_.erase(place_);
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    template <typename Token>
    auto async_wait(Token&& token) {
      return asio::async_initiate<Token, void(boost::system::error_code)>(
          [this](auto handler) {
            const std::lock_guard lock(clock_->mutex_);
            timer_.async_wait(std::move(handler));
          },
          token);
    }

   private:
    std::shared_ptr<Impl> clock_;
    asio::steady_timer timer_;
    Sleepers::iterator place_;
  };

  SteadyTime now() const noexcept {
    return kSteadyStart + milliseconds(passed_.load(std::memory_order_acquire));
  }
  WallTime wall() const noexcept {
    return kWallStart + milliseconds(passed_.load(std::memory_order_acquire));
  }

  void advance(milliseconds span) {
    const std::lock_guard lock(mutex_);
    passed_.fetch_add(span.count(), std::memory_order_acq_rel);
    const auto end = sleepers_.upper_bound(now());
    for (auto sleeper = sleepers_.begin(); sleeper != end; ++sleeper) {
      sleeper->second->expires_at(SteadyTime::min());
    }
  }

  std::size_t sleepers() const {
    const std::lock_guard lock(mutex_);
    return sleepers_.size();
  }

 private:
  std::atomic<milliseconds::rep> passed_{0};
  mutable std::mutex mutex_;
  Sleepers sleepers_;
};

FakeClock::FakeClock() : impl_(std::make_shared<Impl>()) {}
FakeClock::~FakeClock() = default;

SteadyTime FakeClock::now() const noexcept { return impl_->now(); }
WallTime FakeClock::wall() const noexcept { return impl_->wall(); }

awaitable<bool> FakeClock::sleep_until(SteadyTime when) {
  const std::shared_ptr<Impl> clock = impl_;
  if (when <= clock->now()) {
    co_return true;
  }
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    co_return false;
  }
  const auto executor = co_await asio::this_coro::executor;
  Impl::Sleeper sleeper(clock, when, executor);
  co_await sleeper.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return when <= clock->now();
}

void FakeClock::advance(milliseconds span) { impl_->advance(span); }

std::size_t FakeClock::sleepers() const noexcept { return impl_->sleepers(); }

}  // namespace larder::testkit

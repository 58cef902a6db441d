// The reference store's counters, quotas, epochs, logs and streams.
#include <algorithm>
#include <cmath>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "reference_batch.hpp"

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

using Nanoseconds = long double;

Nanoseconds nanoseconds(SteadyTime::duration span) {
  return static_cast<Nanoseconds>(std::chrono::nanoseconds(span).count());
}

milliseconds round_up(Nanoseconds span) {
  // Less than a thousandth of a nanosecond is an error of the arithmetic.
  return milliseconds(static_cast<milliseconds::rep>(
      std::ceil(std::max(span - Nanoseconds{0.001}, Nanoseconds{0}) / Nanoseconds{1e6})));
}

class ReferenceSubscription final : public Subscription {
 public:
  explicit ReferenceSubscription(std::shared_ptr<Mailbox<Notice>> box) : box_(std::move(box)) {}
  awaitable<Result<Notice>> next(Deadline deadline) override { return box_->next(deadline); }

 private:
  std::shared_ptr<Mailbox<Notice>> box_;
};

class ReferenceWatch final : public Watch {
 public:
  explicit ReferenceWatch(std::shared_ptr<Mailbox<Change>> box) : box_(std::move(box)) {}
  awaitable<Result<Change>> next(Deadline deadline) override { return box_->next(deadline); }

 private:
  std::shared_ptr<Mailbox<Change>> box_;
};

}  // namespace

template <typename T>
void Mailbox<T>::post(T notice, T lost) {
  const std::lock_guard lock(mutex_);
  if (notices_.size() >= kMost) {
    notices_.clear();
    notices_.push_back(std::move(lost));
  }
  notices_.push_back(std::move(notice));
}

template <typename T>
void Mailbox<T>::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

template <typename T>
std::optional<Result<T>> Mailbox<T>::take(Deadline deadline) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return fail(Errc::closed, "reference store");
  }
  if (deadline <= clock_.now()) {
    return fail(Errc::timeout, "next");
  }
  if (notices_.empty()) {
    return std::nullopt;
  }
  T notice = std::move(notices_.front());
  notices_.pop_front();
  return notice;
}

template <typename T>
awaitable<Result<T>> Mailbox<T>::next(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    if (auto taken = take(deadline)) {
      co_return std::move(*taken);
    }
    timer.expires_after(std::chrono::microseconds(100));
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) {
      co_return fail(Errc::cancelled, "next");
    }
  }
}

template class Mailbox<Notice>;
template class Mailbox<Change>;

awaitable<Batch<std::int64_t>> ReferenceBackend::add(std::span<const Addition> additions,
                                                     Deadline deadline) {
  co_return co_await each<std::int64_t>(
      additions, deadline, [this](const Addition& addition) -> Result<std::int64_t> {
        const auto place = counters_.find(addition.key);
        if (place != counters_.end() && place->second.end <= clock_.now()) {
          counters_.erase(place);
        }
        const bool endless = addition.life == milliseconds(0);
        Counter& counter =
            counters_
                .try_emplace(addition.key, Counter{.sum = 0,
                                                   .end = endless ? SteadyTime::max()
                                                                  : clock_.now() + addition.life})
                .first->second;
        if (__builtin_add_overflow(counter.sum, addition.delta, &counter.sum)) {
          counter.sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(counter.sum) -
                                                  static_cast<std::uint64_t>(addition.delta));
          return fail(Errc::out_of_range, "sum");
        }
        return counter.sum;
      });
}

awaitable<Batch<QuotaAnswer>> ReferenceBackend::take(std::span<const QuotaRequest> requests,
                                                     Deadline deadline) {
  co_return co_await each<QuotaAnswer>(
      requests, deadline, [this](const QuotaRequest& request) -> Result<QuotaAnswer> {
        const auto [burst, period] = request.quota;
        if (burst < 1 || burst > 1'000'000 || request.cost > burst || period < milliseconds(1) ||
            period > std::chrono::hours(24 * 30)) {
          return fail(Errc::invalid_argument, "quota");
        }
        const Nanoseconds whole = nanoseconds(period);
        const Nanoseconds unit = whole / burst;
        const Nanoseconds now = nanoseconds(clock_.now().time_since_epoch());
        Nanoseconds& full_at = quotas_[request.key];
        const Nanoseconds used = std::max(full_at - now, Nanoseconds{0});
        const Nanoseconds wait = used + unit * request.cost - whole;
        QuotaAnswer answer{.allowed = wait < Nanoseconds{0.001}};
        const Nanoseconds after = answer.allowed ? used + unit * request.cost : used;
        full_at = now + after;
        answer.retry_after = answer.allowed ? milliseconds(0) : round_up(wait);
        answer.reset_after = round_up(after);
        answer.remaining = static_cast<std::uint32_t>(
            std::max((whole - after) / unit + Nanoseconds{1e-9}, Nanoseconds{0}));
        return answer;
      });
}

awaitable<Batch<Epoch>> ReferenceBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  co_return co_await each<Epoch>(tags, deadline, [this](const Tag& tag) {
    return Result<Epoch>(epochs_.try_emplace(tag, draw()).first->second);
  });
}

awaitable<Batch<Epoch>> ReferenceBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  co_return co_await each<Epoch>(
      tags, deadline, [this](const Tag& tag) { return Result<Epoch>(epochs_[tag] = draw()); });
}

void ReferenceBackend::drop_old(Log& log, LogBounds bounds) const {
  std::size_t bytes = 0;
  for (const Logged& logged : log.events) {
    bytes += logged.event.payload.size();
  }
  while (!log.events.empty() &&
         (log.events.size() > bounds.events_max || bytes > bounds.bytes_max ||
          log.events.front().end <= clock_.now())) {
    bytes -= log.events.front().event.payload.size();
    log.events.pop_front();
  }
}

awaitable<Result<EventPosition>> ReferenceBackend::append(const Key& log, Bytes payload,
                                                          LogBounds bounds, Deadline deadline) {
  co_return co_await once<EventPosition>(deadline, [&]() -> Result<EventPosition> {
    if (bounds.events_max < 1 || bounds.bytes_max < 1 || bounds.age_max < milliseconds(1)) {
      return fail(Errc::invalid_argument, "bounds");
    }
    if (payload.size() > bounds.bytes_max) {
      return fail(Errc::too_large, "payload");
    }
    Log& kept = logs_[log];
    kept.id = kept.id == 0 ? random_() | 1 : kept.id;
    const EventPosition position{.log = kept.id, .sequence = ++kept.last};
    kept.events.push_back(Logged{.event = {.position = position, .payload = std::move(payload)},
                                 .end = clock_.now() + bounds.age_max});
    drop_old(kept, bounds);
    return position;
  });
}

awaitable<Result<EventPage>> ReferenceBackend::read_after(const Key& log, EventPosition position,
                                                          std::size_t count, Deadline deadline) {
  co_return co_await once<EventPage>(deadline, [&]() -> Result<EventPage> {
    if (count < 1 || count > 1000) {
      return fail(Errc::invalid_argument, "count");
    }
    const auto place = logs_.find(log);
    if (place == logs_.end()) {
      return EventPage{.gap = position != EventPosition()};
    }
    Log& kept = place->second;
    constexpr auto kAny = std::numeric_limits<std::size_t>::max();
    drop_old(kept, {.events_max = kAny, .bytes_max = kAny});
    const bool ours = position.log == kept.id || position == EventPosition();
    const std::uint64_t after = ours ? position.sequence : 0;
    const std::uint64_t first =
        kept.events.empty() ? kept.last + 1 : kept.events.front().event.position.sequence;
    EventPage page{.last = {.log = kept.id, .sequence = kept.last},
                   .gap = !ours || after + 1 < first};
    for (const Logged& logged : kept.events) {
      if (logged.event.position.sequence > after && page.events.size() < count) {
        page.events.push_back(logged.event);
      }
    }
    return page;
  });
}

awaitable<Result<void>> ReferenceBackend::publish(const Key& channel, Bytes payload,
                                                  Deadline deadline) {
  co_return co_await once<void>(deadline, [&] {
    for (const auto& [channels, weak] : inboxes_) {
      const auto inbox = weak.lock();
      if (inbox && channels.contains(channel)) {
        inbox->post(Message{.channel = channel, .payload = payload}, MessagesLost());
      }
    }
    return Result<void>();
  });
}

awaitable<Result<std::unique_ptr<Subscription>>> ReferenceBackend::subscribe(
    std::span<const Key> channels, Deadline deadline) {
  co_return co_await once<std::unique_ptr<Subscription>>(deadline, [&] {
    const auto inbox = std::make_shared<Inbox>(clock_);
    inboxes_.emplace_back(std::set(channels.begin(), channels.end()), inbox);
    return Result<std::unique_ptr<Subscription>>(std::make_unique<ReferenceSubscription>(inbox));
  });
}

awaitable<Result<std::unique_ptr<Watch>>> ReferenceBackend::watch(Deadline deadline) {
  co_return co_await once<std::unique_ptr<Watch>>(deadline, [&] {
    const auto outlook = std::make_shared<Outlook>(clock_);
    outlooks_.push_back(outlook);
    return Result<std::unique_ptr<Watch>>(std::make_unique<ReferenceWatch>(outlook));
  });
}

}  // namespace larder::testkit

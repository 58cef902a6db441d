// Stores that each break one rule of the port.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "reference_store.hpp"

namespace larder::testkit {

using Inner = ReferenceBackend;

struct ConditionCheckedBeforeTheWrite : Inner {
  using Inner::Inner;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    std::vector<PutItem> unconditional(items.begin(), items.end());
    for (PutItem& item : unconditional) {
      auto found = co_await Inner::get(std::span(&item.entry.key, 1), deadline);
      const bool absent = found.front().has_value() && !found.front()->has_value();
      if (std::holds_alternative<IfAbsent>(item.condition) && !absent) {
        co_return Batch<PutOutcome>(items.size(), PutOutcome());
      }
      item.condition = Always();
    }
    std::this_thread::yield();
    co_return co_await Inner::put(unconditional, deadline);
  }
};

struct BatchBackwards : Inner {
  using Inner::Inner;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await Inner::get(keys, deadline);
    std::ranges::reverse(answers);
    co_return answers;
  }
};

// Each answer is the one before it, as that of a replica that lags behind.
struct ReadsBehind : Inner {
  using Inner::Inner;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await Inner::get(keys, deadline);
    const std::lock_guard lock(behind_mutex_);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::swap(behind_.try_emplace(keys[i], answers[i]).first->second, answers[i]);
    }
    co_return answers;
  }

 private:
  std::mutex behind_mutex_;
  std::map<Key, Result<std::optional<Found>>> behind_;
};

struct EraseThatForgetsToErase : Inner {
  using Inner::Inner;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override {
    auto found = co_await Inner::get(keys, deadline);
    auto answers = co_await Inner::erase(keys, deadline);
    for (auto& one : found) {
      if (one.has_value() && one->has_value()) {
        const PutItem again{.entry = (*one)->entry->entry()};
        co_await Inner::put(std::span(&again, 1), deadline);
      }
    }
    co_return answers;
  }
};

struct DeadlinesIgnored : Inner {
  using Inner::Inner;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline) override {
    return Inner::put(items, Deadline::max());
  }
};

struct TouchThatWritesAgain : Inner {
  using Inner::Inner;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override {
    const auto found = co_await Inner::get(std::span(&items[0].key, 1), deadline);
    if (found.front().has_value() && found.front()->has_value()) {
      PutItem again{.entry = (*found.front())->entry->entry()};
      again.entry.life.fresh = items[0].fresh;
      co_await Inner::put(std::span(&again, 1), deadline);
    }
    co_return Batch<bool>(items.size(), true);
  }
};

struct FillOfAVoidLease : Inner {
  using Inner::Inner;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override {
    for (const Fill& one : fills) {
      const PutItem item{.entry = one.entry};
      co_await Inner::put(std::span(&item, 1), deadline);
    }
    co_return Batch<FillOutcome>(fills.size(), FillOutcome::stored);
  }
};

struct LeasesForEveryone : Inner {
  using Inner::Inner;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    auto answers = co_await Inner::read_or_lease(requests, deadline);
    for (auto& answer : answers) {
      if (answer && answer->state == LeaseState::busy) {
        answer->state = LeaseState::granted;
      }
    }
    co_return answers;
  }
};

struct MissingFill : Inner {
  using Inner::Inner;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override {
    return CacheBackend::fill(fills, deadline);
  }
};

struct UndeclaredCounters : Inner {
  using Inner::Inner;
  const Capabilities& capabilities() const noexcept override {
    static const Capabilities kWithout = [this] {
      Capabilities can = Inner::capabilities();
      can.counters = false;
      return can;
    }();
    return kWithout;
  }
};

struct AdditionThatIsNotAtomic : Inner {
  using Inner::Inner;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override {
    Addition read = additions[0];
    read.delta = 0;
    const auto before = co_await Inner::add(std::span(&read, 1), deadline);
    std::this_thread::yield();
    const auto now = co_await Inner::add(std::span(&read, 1), deadline);
    Addition write = additions[0];
    // Wraps where the sum does not fit.
    write.delta = static_cast<std::int64_t>(static_cast<std::uint64_t>(before[0].value_or(0)) +
                                            static_cast<std::uint64_t>(additions[0].delta) -
                                            static_cast<std::uint64_t>(now[0].value_or(0)));
    co_return co_await Inner::add(std::span(&write, 1), deadline);
  }
};

struct AdditionThatWraps : Inner {
  using Inner::Inner;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override {
    auto sums = co_await Inner::add(additions, deadline);
    for (auto& sum : sums) {
      sum = sum.value_or(std::numeric_limits<std::int64_t>::min());
    }
    co_return sums;
  }
};

struct RetryTooEarly : Inner {
  using Inner::Inner;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override {
    auto answers = co_await Inner::take(requests, deadline);
    for (auto& answer : answers) {
      if (answer) {
        answer->retry_after -= std::min(answer->retry_after, milliseconds(1));
      }
    }
    co_return answers;
  }
};

struct DenialThatTakes : Inner {
  using Inner::Inner;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override {
    auto answers = co_await Inner::take(requests, deadline);
    if (answers[0] && !answers[0]->allowed && answers[0]->remaining > 0) {
      QuotaRequest rest = requests[0];
      rest.cost = answers[0]->remaining;
      co_await Inner::take(std::span(&rest, 1), deadline);
    }
    co_return answers;
  }
};

struct NewEpochForEveryAsker : Inner {
  using Inner::Inner;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    return Inner::bump(tags, deadline);
  }
};

struct BumpThatChangesNothing : Inner {
  using Inner::Inner;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    return Inner::epochs(tags, deadline);
  }
};

struct GapsHidden : Inner {
  using Inner::Inner;
  awaitable<Result<EventPage>> read_after(const Key& log, EventPosition position, std::size_t count,
                                          Deadline deadline) override {
    auto page = co_await Inner::read_after(log, position, count, deadline);
    if (page) {
      page->gap = false;
    }
    co_return page;
  }
};

struct BytesUnbounded : Inner {
  using Inner::Inner;
  awaitable<Result<EventPosition>> append(const Key& log, Bytes payload, LogBounds bounds,
                                          Deadline deadline) override {
    bounds.bytes_max = LogBounds().bytes_max;
    return Inner::append(log, std::move(payload), bounds, deadline);
  }
};

// Passes notices on, without word of those that were lost.
class Silenced final : public Subscription {
 public:
  explicit Silenced(std::unique_ptr<Subscription> inner) : inner_(std::move(inner)) {}
  awaitable<Result<Notice>> next(Deadline deadline) override {
    auto notice = co_await inner_->next(deadline);
    while (notice && std::holds_alternative<MessagesLost>(*notice)) {
      notice = co_await inner_->next(deadline);
    }
    co_return notice;
  }

 private:
  std::unique_ptr<Subscription> inner_;
};

struct LostMessagesHidden : Inner {
  using Inner::Inner;
  awaitable<Result<std::unique_ptr<Subscription>>> subscribe(std::span<const Key> channels,
                                                             Deadline deadline) override {
    auto inner = co_await Inner::subscribe(channels, deadline);
    if (!inner) {
      co_return std::unexpected(inner.error());
    }
    co_return std::make_unique<Silenced>(std::move(*inner));
  }
};

struct ScanOfOnePage : Inner {
  using Inner::Inner;
  awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline) override {
    auto page = co_await Inner::scan(std::move(request), deadline);
    if (page) {
      page->cursor.clear();
    }
    co_return page;
  }
};

struct StatsThatCountNothing : Inner {
  using Inner::Inner;
  BackendStats stats() const override { return {}; }
};

struct OpenAfterClose : Inner {
  using Inner::Inner;
  awaitable<void> close() override { co_return; }
};

struct SleeperLeftBehind : Inner {
  explicit SleeperLeftBehind(Clock& clock) : Inner(clock), clock_(clock) {}
  awaitable<void> close() override {
    co_await Inner::close();
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, clock_.sleep_until(clock_.in(milliseconds(1))),
                          [](const std::exception_ptr&, bool) {});
  }

 private:
  Clock& clock_;
};

struct ThrowingPing : Inner {
  using Inner::Inner;
  awaitable<Result<void>> ping(Deadline) override {
    throw std::logic_error("thrown across the port");
    co_return Result<void>();
  }
};

// Never hears of a change.
class Deaf final : public Watch {
 public:
  explicit Deaf(Clock& clock) : box_(clock) {}
  awaitable<Result<Change>> next(Deadline) override { return box_.next(SteadyTime::min()); }

 private:
  Mailbox<Change> box_;
};

struct WatchThatSeesNothing : Inner {
  explicit WatchThatSeesNothing(Clock& clock) : Inner(clock), clock_(clock) {}
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline) override {
    co_return std::make_unique<Deaf>(clock_);
  }

 private:
  Clock& clock_;
};

struct MissesWhileDown : Inner {
  using Inner::Inner;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await Inner::get(keys, deadline);
    for (auto& answer : answers) {
      answer = answer.value_or(std::nullopt);
    }
    co_return answers;
  }
};

struct DownForGood : Inner {
  using Inner::Inner;
  void plug_in() override {}
};

}  // namespace larder::testkit

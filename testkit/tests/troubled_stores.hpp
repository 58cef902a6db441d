// Stores that each break one rule of what a store does in trouble: when it is frozen,
// restarted or full, among clocks that disagree, and when callers lose interest.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "reference_store.hpp"

namespace larder::testkit {

using Sound = ReferenceBackend;

inline awaitable<void> a_moment() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(milliseconds(1));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

// ---- frozen ----

struct FrozenPingHasNoDeadline : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    return Sound::ping(frozen_ ? Deadline::max() : deadline);
  }
};

struct MissesWhileFrozen : Sound {
  using Sound::Sound;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await Sound::get(keys, deadline);
    for (auto& answer : answers) {
      if (frozen_ && !answer && answer.error().code() == Errc::timeout) {
        answer = std::optional<Found>();
      }
    }
    co_return answers;
  }
};

struct FrozenPingIsNotCancelled : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    if (frozen_) {
      co_await boost::asio::this_coro::reset_cancellation_state(
          boost::asio::disable_cancellation());
    }
    co_return co_await Sound::ping(deadline);
  }
};

struct CloseForgetsWhoWaits : Sound {
  using Sound::Sound;

 protected:
  std::optional<Error> gives_up(Deadline deadline) const override {
    auto error = Sound::gives_up(deadline);
    return error && error->code() == Errc::closed ? std::nullopt : error;
  }
};

// Takes the answer to a question that was given up for that to the next one.
struct AnswersMixedUp : Sound {
  using Sound::Sound;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    const std::vector<Key> asked(keys.begin(), keys.end());
    if (!frozen_ && !given_up_.empty()) {
      const std::vector<Key> first = std::exchange(given_up_, {});
      co_return co_await Sound::get(first, deadline);
    }
    auto answers = co_await Sound::get(asked, deadline);
    if (frozen_ && !answers.front()) {
      given_up_ = asked;
    }
    co_return answers;
  }

 private:
  std::vector<Key> given_up_;
};

// Does so many times, once it has thawed, what was added meanwhile.
template <int kTimes, Advice kAdvice>
struct AdditionAfterTheThaw : Sound {
  using Sound::Sound;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override {
    const std::vector<Addition> asked(additions.begin(), additions.end());
    auto sums = co_await Sound::add(asked, deadline);
    if (frozen_ && !sums.front() && sums.front().error().code() == Errc::timeout) {
      owed_ = asked;
      sums = fail_all<std::int64_t>(asked.size(), Error(Errc::timeout, kAdvice, "frozen"));
    }
    co_return sums;
  }
  void thaw() override {
    for (const Addition& addition : std::exchange(owed_, {})) {
      counters_.try_emplace(addition.key, Counter{.sum = 0, .end = SteadyTime::max()})
          .first->second.sum += kTimes * addition.delta;
    }
    Sound::thaw();
  }

 private:
  std::vector<Addition> owed_;
};

using AdditionRepeated = AdditionAfterTheThaw<2, Advice::unknown_outcome>;
using AdditionDenied = AdditionAfterTheThaw<1, Advice::later>;

// ---- restarted ----

struct ServesWhatWasLost : Sound {
  using Sound::Sound;
  void restart_empty() override {
    const auto kept = values_;
    Sound::restart_empty();
    values_ = kept;
  }
};

struct EpochsFromTheSameSeed : Sound {
  using Sound::Sound;
  void restart_empty() override {
    Sound::restart_empty();
    random_epochs_.seed();
  }

 protected:
  Epoch draw() override { return Epoch(random_epochs_()); }

 private:
  std::mt19937_64 random_epochs_;
};

struct TokensFromOneAgain : Sound {
  using Sound::Sound;
  void restart_empty() override {
    Sound::restart_empty();
    last_token_ = 0;
  }
};

struct LogsUnderTheirOldId : Sound {
  using Sound::Sound;
  void restart_empty() override {
    const auto lost = logs_;
    Sound::restart_empty();
    for (const auto& [key, log] : lost) {
      logs_[key].id = log.id;
    }
  }
};

struct SubscribersNotTold : Sound {
  using Sound::Sound;
  void restart_empty() override {
    auto kept = std::exchange(inboxes_, {});
    Sound::restart_empty();
    inboxes_ = std::move(kept);
  }
};

struct SubscribersForgotten : Sound {
  using Sound::Sound;
  void restart_empty() override {
    Sound::restart_empty();
    inboxes_.clear();
  }
};

struct WatchersNotTold : Sound {
  using Sound::Sound;
  void restart_empty() override {
    auto kept = std::exchange(outlooks_, {});
    Sound::restart_empty();
    outlooks_ = std::move(kept);
  }
};

// ---- full ----

struct FullAndSilent : Sound {
  using Sound::Sound;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    auto outcomes = co_await Sound::put(items, deadline);
    for (auto& outcome : outcomes) {
      if (!outcome && outcome.error().code() == Errc::storage_full) {
        outcome = PutOutcome();
      }
    }
    co_return outcomes;
  }
};

struct FullButStored : Sound {
  using Sound::Sound;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    auto outcomes = co_await Sound::put(items, deadline);
    if (!outcomes.empty() && !outcomes.front() && full_.exchange(false)) {
      co_await Sound::put(items, deadline);
      full_ = true;
    }
    co_return outcomes;
  }
};

struct FullAndDown : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    if (full_) {
      co_return fail(Errc::unavailable, "no room for a ping");
    }
    co_return co_await Sound::ping(deadline);
  }
};

struct FullAndWaiting : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    while (full_ && !gives_up(deadline)) {
      co_await a_moment();
    }
    co_return co_await Sound::ping(deadline);
  }
};

// ---- clocks that disagree ----

struct LifeByTheClientsClock : SkewedClient {
  using SkewedClient::SkewedClient;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    auto answers = co_await SkewedClient::get(keys, deadline);
    for (auto& answer : answers) {
      if (answer && *answer) {
        (*answer)->life_left -= skew_;
      }
    }
    co_return answers;
  }
};

struct LeaseByTheClientsClock : SkewedClient {
  using SkewedClient::SkewedClient;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    std::vector<LeaseRequest> shifted(requests.begin(), requests.end());
    for (LeaseRequest& request : shifted) {
      request.hold =
          std::clamp(request.hold + skew_, milliseconds(1), milliseconds(std::chrono::hours(1)));
    }
    co_return co_await SkewedClient::read_or_lease(shifted, deadline);
  }
};

// ---- cancelled ----

// Takes some turns to reach, in which a call can be cancelled; sound but for what it makes
// of that.
struct SomeTurnsAway : Sound {
  using Sound::Sound;

 protected:
  static constexpr int kTurns = 3;

  awaitable<std::optional<Error>> reach(Deadline deadline) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int turn = 0; turn < kTurns; ++turn) {
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != boost::asio::cancellation_type::none) {
        co_await boost::asio::this_coro::reset_cancellation_state();
        co_return co_await when_cancelled(deadline);
      }
    }
    co_return co_await Sound::reach(deadline);
  }
  [[nodiscard]] virtual awaitable<std::optional<Error>> when_cancelled(Deadline) {
    co_return Error(Errc::cancelled, "some turns away");
  }
};

struct CancelledIsLate : SomeTurnsAway {
  using SomeTurnsAway::SomeTurnsAway;

 protected:
  awaitable<std::optional<Error>> when_cancelled(Deadline) override {
    co_return Error(Errc::timeout, "some turns away");
  }
};

// Does not look whether it was cancelled before it awaits something else.
struct CancelledThrows : Sound {
  using Sound::Sound;

 protected:
  awaitable<std::optional<Error>> reach(Deadline deadline) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    co_return co_await Sound::reach(deadline);
  }
};

// Waits on for an answer that will not come.
struct CancelledWaits : SomeTurnsAway {
  using SomeTurnsAway::SomeTurnsAway;

 protected:
  awaitable<std::optional<Error>> when_cancelled(Deadline deadline) override {
    auto error = gives_up(deadline);
    while (!error) {
      co_await a_moment();
      error = gives_up(deadline);
    }
    co_return error;
  }
};

// Every call takes a place, of which there are a few; one that is cancelled keeps it.
struct CancelledKeepsItsPlace : SomeTurnsAway {
  using SomeTurnsAway::SomeTurnsAway;

 protected:
  awaitable<std::optional<Error>> reach(Deadline deadline) override {
    constexpr int kPlaces = 40;
    if (taken_ >= kPlaces) {
      co_return Error(Errc::overloaded, "some turns away");
    }
    co_return co_await SomeTurnsAway::reach(deadline);
  }
  awaitable<std::optional<Error>> when_cancelled(Deadline) override {
    ++taken_;
    co_return Error(Errc::cancelled, "some turns away");
  }

 private:
  std::atomic<int> taken_ = 0;
};

// ---- down ----

struct WaitsWhileDown : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    const bool late = gives_up(deadline).has_value();
    while (!reachable_ && !late) {
      co_await a_moment();
    }
    co_return co_await Sound::ping(deadline);
  }
};

// ---- clocks that jump, and callers without a deadline ----

struct NoDeadlineIsLongPast : Sound {
  using Sound::Sound;
  awaitable<Result<void>> ping(Deadline deadline) override {
    const bool overflows = deadline > Deadline::max() - milliseconds(1);
    return Sound::ping(overflows ? Deadline::min() : deadline);
  }
};

}  // namespace larder::testkit

#include <utility>

#include <boost/asio/this_coro.hpp>

#include "near_impl.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

// Copies take no request that the store would refuse.
bool hold_is_valid(milliseconds hold) noexcept {
  return hold >= milliseconds(1) && hold <= std::chrono::hours(1);
}

bool is_acceptable(const Found& found, const LeaseRequest& request) noexcept {
  return hold_is_valid(request.hold) && found.is_fresh() && found.version != request.despite;
}

// The fetches that one call leads. One that it never lands, since its coroutine was
// destroyed, must not keep others waiting.
class Led {
 public:
  explicit Led(std::shared_ptr<Fetches> fetches) noexcept : fetches_(std::move(fetches)) {}
  ~Led() {
    for (const auto& [key, fetch] : led_) {
      fetches_->abandon(key, fetch);
    }
  }
  Led(const Led&) = delete;
  Led& operator=(const Led&) = delete;

  void add(const Key& key, FetchPtr fetch) { led_.emplace_back(key, std::move(fetch)); }
  void clear() noexcept { led_.clear(); }

 private:
  std::shared_ptr<Fetches> fetches_;
  std::vector<std::pair<Key, FetchPtr>> led_;
};

}  // namespace

// ---- get ----

bool NearTierBackend::Impl::answer_near(const Key& key, Result<std::optional<Found>>& answer) {
  auto found = local_.find(key);
  if (!found) {
    return false;
  }
  counters_.hits_near.add();
  answer = std::move(found);
  return true;
}

void NearTierBackend::Impl::count(const Result<std::optional<Found>>& answer) noexcept {
  if (answer) {
    (*answer ? counters_.hits_remote : counters_.misses).add();
  }
}

awaitable<Batch<std::optional<Found>>> NearTierBackend::Impl::get(std::span<const Key> keys,
                                                                  Deadline deadline) {
  if (is_refused(keys.size(), deadline)) {
    co_return co_await remote_.get(keys, deadline);
  }
  Answers answers(keys.size());
  std::vector<Waiting> asking;
  std::vector<Waiting> joined;
  Led led(fetches_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (answer_near(keys[i], answers[i])) {
      continue;
    }
    Fetches::Seat seat = fetches_->board(keys[i], deadline);
    if (seat.role == Fetches::Role::leads) {
      led.add(keys[i], seat.fetch);
    }
    auto& list = seat.role == Fetches::Role::joins ? joined : asking;
    list.push_back(Waiting{.place = i, .seat = std::move(seat)});
  }
  if (!asking.empty()) {
    co_await fetch(keys, asking, deadline, answers);
    led.clear();
  }
  // Own fetches first: two calls that wait for one another's would never end otherwise.
  if (!joined.empty()) {
    std::vector<Waiting> alone;
    if (!is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_await join(joined, answers, alone);
    }
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      for (const Waiting& waiting : joined) {
        answers[waiting.place] = std::unexpected(cancelled_error());
      }
    } else if (!alone.empty()) {
      co_await fetch(keys, alone, deadline, answers);
    }
  }
  co_return answers;
}

awaitable<void> NearTierBackend::Impl::fetch(std::span<const Key> keys,
                                             std::span<const Waiting> asking, Deadline deadline,
                                             Answers& answers) {
  std::vector<Key> wanted;
  wanted.reserve(asking.size());
  for (const Waiting& waiting : asking) {
    wanted.push_back(keys[waiting.place]);
  }
  Answers fetched = co_await remote_.get(wanted, deadline);
  for (std::size_t i = 0; i < asking.size(); ++i) {
    const Fetches::Seat& seat = asking[i].seat;
    count(fetched[i]);
    if (seat.role == Fetches::Role::leads) {
      fetches_->land(wanted[i], seat.fetch, fetched[i]);
    } else {
      fetches_->landed_alone(wanted[i]);
    }
    answers[asking[i].place] = std::move(fetched[i]);
  }
}

awaitable<void> NearTierBackend::Impl::join(std::span<const Waiting> joined, Answers& answers,
                                            std::vector<Waiting>& alone) {
  for (const Waiting& waiting : joined) {
    co_await waiting.seat.fetch->landed.wait();
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return;
    }
    if (auto answer = fetches_->answer(*waiting.seat.fetch)) {
      if (*answer) {
        (**answer ? counters_.joined_hits : counters_.joined_misses).add();
      }
      answers[waiting.place] = *std::move(answer);
    } else {
      alone.push_back(Waiting{.place = waiting.place, .seat = {}});
    }
  }
}

// ---- leases ----

awaitable<Batch<LeaseAnswer>> NearTierBackend::Impl::read_or_lease(
    std::span<const LeaseRequest> requests, Deadline deadline) {
  if (is_refused(requests.size(), deadline)) {
    co_return co_await remote_.read_or_lease(requests, deadline);
  }
  Batch<LeaseAnswer> answers(requests.size());
  std::vector<LeaseRequest> asking;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto found = local_.find(requests[i].key);
    if (found && is_acceptable(*found, requests[i])) {
      counters_.hits_near.add();
      answers[i] = LeaseAnswer{.state = LeaseState::not_needed, .found = std::move(found)};
    } else {
      asking.push_back(requests[i]);
      places.push_back(i);
    }
  }
  if (asking.empty()) {
    co_return answers;
  }
  Batch<LeaseAnswer> asked = co_await remote_.read_or_lease(asking, deadline);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    // The caller has seen more than a copy knows.
    fetches_->landed_alone(asking[i].key);
    answers[places[i]] = std::move(asked[i]);
  }
  co_return answers;
}

}  // namespace larder

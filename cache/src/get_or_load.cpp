#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {

namespace asio = boost::asio;

namespace {

// One look is enough unless a load or an invalidation of the key ends just between a look
// and the seat; each further look needs another such coincidence.
constexpr int kLooksMax = 3;

}  // namespace

Answer answer_of(const Found& found, Source source) {
  Answer answer{.fresh_left = found.fresh_left(), .source = source, .stored = true};
  if (found.entry->presence() == Presence::value) {
    answer.value = value_of(found.entry);
  }
  return answer;
}

awaitable<Result<Answer>> Cache::Impl::get_or_load(const Key& key, const Policy& policy,
                                                   Loader loader) {
  if (auto valid = check_policy(policy); !valid) {
    co_return std::unexpected(std::move(valid).error());
  }
  if (!loader) {
    co_return fail(Errc::invalid_argument, "loader: is empty");
  }
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;

  for (int looks = 1;; ++looks) {
    const std::uint64_t stored_seen = flights_.stored(key);
    const Deadline deadline = clock_.in(policy.store_deadline);
    Lookup lookup = co_await look_up(store_, clock_, key,
                                     {.tags = policy.tags, .readable = policy.readable}, deadline);
    const MissCause cause = lookup.cause;
    if (cause == MissCause::none) {
      counters_.add_lookup(cause);
      co_return answer_of(*lookup.found, Source::store);
    }
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return std::unexpected(cancelled_error());
    }
    // An outage has cost a store_deadline already; another look would cost the next.
    const bool may_look_again = looks < kLooksMax && cause != MissCause::unavailable;
    const auto seat = flights_.board({.key = key,
                                      .policy = policy,
                                      .loader = loader,
                                      .lookup = lookup,
                                      .stored_seen = stored_seen,
                                      .may_look_again = may_look_again,
                                      .executor = executor});
    if (!seat && seat.error() == NoSeat::look_again) {
      continue;
    }
    counters_.add_lookup(cause);
    if (!seat) {
      co_return std::unexpected(closed_error());
    }
    if (seat->started()) {
      launch(seat->flight());
    } else {
      counters_.coalesced.add();
    }
    co_await seat->flight()->ended.wait();
    co_return share(*seat, cause);
  }
}

Result<Answer> Cache::Impl::share(const Seat& seat, MissCause cause) {
  auto ending = flights_.ending(*seat.flight());
  if (!ending) {
    return std::unexpected(cancelled_error());
  }
  if (*ending) {
    Answer& answer = **ending;
    answer.cause = cause;
    if (answer.source == Source::stale) {
      counters_.stale_after_failure.add();
    } else {
      answer.source = seat.started() ? Source::load : Source::coalesced;
    }
  }
  return *std::move(ending);
}

}  // namespace larder

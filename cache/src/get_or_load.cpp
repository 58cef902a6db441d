#include <algorithm>
#include <unordered_map>
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

// The loader of one key as one of many.
ManyLoader for_many(Loader loader) {
  return [loader = std::move(loader)](const ManyLoadContext& many) -> awaitable<Batch<Loaded>> {
    const LoadContext context{
        .deadline = many.deadline, .stale = many.stale.front(), .tag_reader = many.tag_reader};
    Batch<Loaded> answers;
    answers.push_back(co_await loader(context));
    co_return answers;
  };
}

// The stale entry as of now; nullopt where its life is over.
std::optional<Answer> stale_answer(const Lookup& lookup, SteadyTime now) {
  if (!lookup.found) {
    return std::nullopt;
  }
  const auto waited = std::chrono::duration_cast<milliseconds>(now - lookup.at);
  if (waited >= lookup.found->life_left) {
    return std::nullopt;
  }
  Answer answer = answer_of(*lookup.found, Source::stale);
  answer.fresh_left -= waited;
  answer.cause = lookup.cause;
  return answer;
}

}  // namespace

struct Cache::Impl::Asked {
  Key key;
  std::uint64_t stored_seen = 0;
  Lookup lookup{};
  std::optional<Seat> seat{};
  std::optional<Result<Answer>> answer{};
};

// The load and what it needs are made for the first key that must be loaded: a call that only
// hits pays nothing for them.
struct Cache::Impl::Call {
  const Policy& policy;
  asio::any_io_executor executor;
  Loader one{};       // of a call of one key
  ManyLoader many{};  // of a call of many
  std::vector<Asked> asked{};
  std::shared_ptr<const ManyLoader> loader{};
  LoadPtr load{};  // of this look
};

Answer answer_of(const Found& found, Source source) {
  Answer answer{.fresh_left = found.fresh_left(), .source = source, .stored = true};
  if (found.entry->presence() == Presence::value) {
    answer.value = value_of(found.entry);
  }
  return answer;
}

Wish Cache::Impl::wish_of(const Policy& policy) const {
  return Wish{.tags = policy.tags,
              .clearable = policy.clearable && store_.capabilities().epochs,
              .readable = policy.readable,
              .epochs = policy.early_refresh > 0 ? Wish::Epochs::always : Wish::Epochs::of_misses};
}

Result<void> Cache::Impl::check_call(const Policy& policy, bool has_loader) const {
  if (auto valid = check_policy(policy); !valid) {
    return valid;
  }
  if (!has_loader) {
    return fail(Errc::invalid_argument, "loader: is empty");
  }
  if (open_.closed()) {
    return std::unexpected(closed_error());
  }
  return {};
}

awaitable<Result<Answer>> Cache::Impl::get_or_load(const Key& key, const Policy& policy,
                                                   Loader loader) {
  if (auto valid = check_call(policy, loader != nullptr); !valid) {
    co_return std::unexpected(std::move(valid).error());
  }
  Call call{
      .policy = policy, .executor = co_await asio::this_coro::executor, .one = std::move(loader)};
  call.asked.push_back(Asked{.key = key});
  co_await answer_all(call);
  co_return *std::move(call.asked.front().answer);
}

awaitable<Batch<Answer>> Cache::Impl::get_or_load_many(std::span<const Key> keys,
                                                       const Policy& policy, ManyLoader loader) {
  if (auto valid = check_call(policy, loader != nullptr); !valid) {
    co_return fail_all<Answer>(keys.size(), valid.error());
  }
  Call call{
      .policy = policy, .executor = co_await asio::this_coro::executor, .many = std::move(loader)};
  std::unordered_map<Key, std::size_t> places;
  std::vector<std::size_t> place_of;
  place_of.reserve(keys.size());
  for (const Key& key : keys) {
    const auto [place, added] = places.try_emplace(key, call.asked.size());
    if (added) {
      call.asked.push_back(Asked{.key = key});
    }
    place_of.push_back(place->second);
  }
  co_await answer_all(call);
  Batch<Answer> answers;
  answers.reserve(keys.size());
  for (const std::size_t place : place_of) {
    answers.push_back(*call.asked[place].answer);
  }
  co_return answers;
}

awaitable<void> Cache::Impl::answer_all(Call& call) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < call.asked.size(); ++i) {
    open.push_back(i);
  }
  for (int looks = 1; !open.empty(); ++looks) {
    std::vector<Key> keys;
    for (const std::size_t i : open) {
      call.asked[i].stored_seen = flights_.stored(call.asked[i].key);
      keys.push_back(call.asked[i].key);
    }
    const Deadline deadline = clock_.in(call.policy.store_deadline);
    auto lookups = co_await look_up(store_, open_, clock_, keys, wish_of(call.policy), deadline);
    const bool cancelled = is_cancelled(co_await asio::this_coro::cancellation_state);
    call.load = nullptr;
    std::vector<std::size_t> again;
    for (std::size_t place = 0; place < open.size(); ++place) {
      Asked& asked = call.asked[open[place]];
      asked.lookup = std::move(lookups[place]);
      if (cancelled && asked.lookup.cause != MissCause::none) {
        asked.answer = std::unexpected(cancelled_error());
      } else if (!settle(asked, call, looks < kLooksMax)) {
        again.push_back(open[place]);
      }
    }
    if (call.load && !call.load->flights.empty()) {
      launch(call.load);
    }
    open = std::move(again);
  }
  const Deadline soft = call.policy.soft_deadline > milliseconds(0)
                            ? clock_.in(call.policy.soft_deadline)
                            : SteadyTime::max();
  for (Asked& asked : call.asked) {
    if (!asked.answer && !is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_await wait_for(asked, soft);
    }
    if (!asked.answer) {
      asked.answer = share(asked);
    }
  }
}

const LoadPtr& Cache::Impl::load_of(Call& call) {
  if (!call.loader) {
    call.loader = std::make_shared<const ManyLoader>(call.one ? for_many(std::move(call.one))
                                                              : std::move(call.many));
  }
  if (!call.load) {
    call.load = std::make_shared<Load>(
        call.policy, call.loader, std::make_shared<Admissions::Ticket>(admissions_), call.executor);
  }
  return call.load;
}

bool Cache::Impl::settle(Asked& asked, Call& call, bool may_look_again) {
  const Policy& policy = call.policy;
  const Lookup& lookup = asked.lookup;
  if (lookup.cause == MissCause::none) {
    counters_.add_lookup(lookup.cause);
    asked.answer = answer_of(*lookup.found, Source::store);
    if (policy.early_refresh > 0 && lookup.epochs &&
        jitter_.fraction() <= early_refresh_chance(*lookup.found, policy.early_refresh)) {
      load_in_background(asked, load_of(call), counters_.early_refreshes);
    }
    return true;
  }
  if (lookup.found && -lookup.found->fresh_left() < policy.stale_while_revalidate) {
    counters_.add_lookup(lookup.cause);
    counters_.stale_while_revalidating.add();
    asked.answer = stale_answer(lookup, lookup.at);
    load_in_background(asked, load_of(call), counters_.revalidations);
    return true;
  }
  auto seat =
      flights_.board({.key = asked.key,
                      .lookup = lookup,
                      .stored_seen = asked.stored_seen,
                      // An outage has cost a store_deadline already; another look
                      // would cost the next.
                      .may_look_again = may_look_again && lookup.cause != MissCause::unavailable,
                      .waiting = Waiting::foreground,
                      .load = load_of(call)});
  if (!seat && seat.error().why == NoSeat::Why::look_again) {
    return false;
  }
  counters_.add_lookup(lookup.cause);
  if (seat) {
    counters_.coalesced.add(seat->started() ? 0 : 1);
    asked.seat.emplace(*std::move(seat));
    return true;
  }
  switch (seat.error().why) {
    case NoSeat::Why::remembered:
      counters_.errors_shared.add();
      asked.answer = fall_back(lookup, seat.error().error, counters_.stale_after_failure);
      break;
    case NoSeat::Why::overloaded:
      counters_.loads_refused.add();
      asked.answer = fall_back(lookup, seat.error().error, counters_.stale_for_overload);
      break;
    default:
      asked.answer = std::unexpected(seat.error().error);
  }
  return true;
}

void Cache::Impl::load_in_background(Asked& asked, const LoadPtr& load, Counter& counter) {
  Lookup lookup = asked.lookup;
  if (lookup.cause == MissCause::none) {
    lookup.refused = lookup.found->version;
  }
  auto seat = flights_.board({.key = asked.key,
                              .lookup = lookup,
                              .stored_seen = asked.stored_seen,
                              .may_look_again = true,
                              .waiting = Waiting::background,
                              .load = load});
  if (seat && seat->started()) {
    counter.add();
    // Until the load is launched close() waits for it by this seat.
    asked.seat.emplace(*std::move(seat));
  } else if (!seat && seat.error().why == NoSeat::Why::overloaded) {
    counters_.loads_refused.add();
  }
}

awaitable<void> Cache::Impl::wait_for(Asked& asked, Deadline soft) {
  Flight& flight = *asked.seat->flight();
  if (!asked.lookup.found || soft == SteadyTime::max()) {
    co_return co_await flight.ended.wait();
  }
  const Bell turn;
  flight.ended.link(turn);
  const Task alarm(Strand(co_await asio::this_coro::executor));
  open_.also(1);
  alarm.start(
      [](Clock& clock, Deadline when, Bell bell) -> awaitable<void> {
        co_await clock.sleep_until(when);
        bell.ring();
      }(clock_, soft, turn),
      [this](const std::exception_ptr&) { open_.leave(); });
  co_await turn.wait();
  alarm.cancel();
  if (clock_.now() < soft || flights_.has_ended(flight) ||
      is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return;
  }
  if (auto answer = stale_answer(asked.lookup, clock_.now())) {
    flights_.keep_going(flight);
    counters_.stale_after_soft_deadline.add();
    asked.answer = *std::move(answer);
    co_return;
  }
  // What was at hand ran out while it waited.
  co_await flight.ended.wait();
}

Result<Answer> Cache::Impl::share(const Asked& asked) {
  auto ending = flights_.ending(*asked.seat->flight());
  if (!ending) {
    return std::unexpected(cancelled_error());
  }
  if (!*ending) {
    const Errc code = ending->error().code();
    if (code == Errc::closed) {
      return *std::move(ending);
    }
    return fall_back(asked.lookup, std::move(*ending).error(), counters_.stale_after_failure);
  }
  Answer& answer = **ending;
  answer.cause = asked.lookup.cause;
  if (!asked.seat->started()) {
    answer.source = Source::coalesced;
  }
  return *std::move(ending);
}

Result<Answer> Cache::Impl::fall_back(const Lookup& lookup, Error failure, Counter& counter) const {
  auto answer = stale_answer(lookup, clock_.now());
  if (!answer) {
    return std::unexpected(std::move(failure));
  }
  counter.add();
  answer->failure = std::move(failure);
  return *std::move(answer);
}

}  // namespace larder

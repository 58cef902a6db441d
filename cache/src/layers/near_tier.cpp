#include <larder/cache/near_tier.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "near_pump.hpp"

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

// Copies take no request that the store would refuse.
bool hold_is_valid(milliseconds hold) noexcept {
  return hold >= milliseconds(1) && hold <= std::chrono::hours(1);
}

bool is_acceptable(const Found& found, const LeaseRequest& request) noexcept {
  return hold_is_valid(request.hold) && found.is_fresh() && found.version != request.despite;
}

bool is_cancelled(const asio::cancellation_state& state) noexcept {
  return state.cancelled() != asio::cancellation_type::none;
}

const Key& key_of(const Key& key) noexcept { return key; }
const Key& key_of(const TouchItem& item) noexcept { return item.key; }
const Key& key_of(const PutItem& item) noexcept { return item.entry.key; }
const Key& key_of(const Fill& item) noexcept { return item.entry.key; }

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

class NearTierBackend::Impl {
 public:
  Impl(CacheBackend& remote, LocalStore& local, Clock& clock, LogSink& log,
       const NearOptions& options)
      : remote_(remote),
        local_(local),
        clock_(clock),
        capabilities_(remote.capabilities()),
        mode_(options.mode),
        fetches_(std::make_shared<Fetches>(
            local, clock, counters_,
            Fetches::Bounds{.staleness = options.staleness, .keys_max = options.fetches_max})),
        epochs_(clock, {.staleness = options.staleness, .tags_max = options.epochs_max}),
        pump_({.remote = remote,
               .fetches = *fetches_,
               .epochs = epochs_,
               .clock = clock,
               .log = log,
               .counters = counters_,
               .staleness = options.staleness}) {
    // Reads that a copy answers reach no store, which therefore tells no change of theirs.
    capabilities_.watch = false;
    local_.drop_all();
    if (mode_ == NearMode::bounded) {
      fetches_->set_live(true);
      epochs_.set_live(true);
    }
  }

  // Whether the remote store would refuse the call anyhow: then it is to say so.
  [[nodiscard]] bool is_refused(std::size_t items, Deadline deadline) const noexcept {
    return closed_.load(std::memory_order_acquire) || items > capabilities_.batch_max ||
           clock_.now() >= deadline;
  }

  // ---- reads ----

  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline);
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline);
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline);

  // ---- own writes ----

  template <typename T, typename Item, typename Send>
  awaitable<Batch<T>> write(std::span<const Item> items, Send send) {
    std::ranges::for_each(items,
                          [this](const Item& item) { fetches_->write_begins(key_of(item)); });
    Batch<T> answers = co_await send();
    // Also after a failure: it may have been done.
    std::ranges::for_each(items, [this](const Item& item) { fetches_->write_ended(key_of(item)); });
    co_return answers;
  }
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline);

  CacheBackend& remote_;
  LocalStore& local_;
  Clock& clock_;
  Capabilities capabilities_;
  const NearMode mode_;
  std::atomic<bool> closed_{false};
  NearCounters counters_;
  // Shared with calls that lead a fetch, which may die with their io_context after this.
  std::shared_ptr<Fetches> fetches_;
  EpochCopies epochs_;
  NearPump pump_;

 private:
  using Answers = Batch<std::optional<Found>>;
  struct Waiting {
    std::size_t place;
    Fetches::Seat seat;
  };

  [[nodiscard]] bool answer_near(const Key& key, Result<std::optional<Found>>& answer);
  void count(const Result<std::optional<Found>>& answer) noexcept;
  // Asks the remote store for the keys at these places.
  awaitable<void> fetch(std::span<const Key> keys, std::span<const Waiting> asking,
                        Deadline deadline, Answers& answers);
  // Answers from others' fetches; those that have none go to `alone`.
  awaitable<void> join(std::span<const Waiting> joined, Answers& answers,
                       std::vector<Waiting>& alone);
};

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
        answers[waiting.place] = fail(Errc::cancelled, "near tier: the wait was cancelled");
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

// ---- epochs ----

awaitable<Batch<Epoch>> NearTierBackend::Impl::epochs(std::span<const Tag> tags,
                                                      Deadline deadline) {
  if (is_refused(tags.size(), deadline)) {
    co_return co_await remote_.epochs(tags, deadline);
  }
  const EpochCopies::Question question = epochs_.ask();
  Batch<Epoch> answers(tags.size());
  std::vector<Tag> asking;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (const auto epoch = epochs_.find(tags[i])) {
      answers[i] = *epoch;
    } else {
      asking.push_back(tags[i]);
      places.push_back(i);
    }
  }
  if (asking.empty()) {
    co_return answers;
  }
  Batch<Epoch> asked = co_await remote_.epochs(asking, deadline);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]) {
      epochs_.keep(question, asking[i], *asked[i]);
    }
    answers[places[i]] = std::move(asked[i]);
  }
  co_return answers;
}

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
  co_await inner().close();
}

}  // namespace larder

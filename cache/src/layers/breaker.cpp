#include <larder/cache/breaker.hpp>

#include <atomic>
#include <utility>

#include "circuit.hpp"

namespace larder {
namespace {

Verdict verdict_on(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::protocol_error:
      return Verdict::failed;
    // The store has looked at the call and said no. It heals by nobody asking less.
    case Errc::storage_full:
    case Errc::access_denied:
    case Errc::corrupt:
      return Verdict::answered;
    // Refused on this side, at once and for good reason. A full queue (overloaded) costs
    // callers no time; refusing more of them would turn a burst into an outage.
    case Errc::overloaded:
    case Errc::invalid_argument:
    case Errc::unsupported:
    case Errc::too_large:
    case Errc::out_of_range:
    case Errc::load_failed:
    case Errc::cancelled:
    case Errc::closed:
      return Verdict::nothing;
  }
  return Verdict::nothing;
}

struct Finding {
  Verdict verdict = Verdict::nothing;
  std::string_view cause{};
};

template <typename T>
Finding judge(const Result<T>& result) noexcept {
  if (result) {
    return {.verdict = Verdict::answered};
  }
  return {.verdict = verdict_on(result.error().code()), .cause = to_string(result.error().code())};
}

// A batch in which the store answered one item has an answering store: one dead node of a
// cluster must not take the others away.
template <typename T>
Finding judge(const Batch<T>& batch) noexcept {
  Finding worst;
  for (const Result<T>& result : batch) {
    const Finding finding = judge(result);
    if (finding.verdict == Verdict::answered) {
      return finding;
    }
    if (finding.verdict == Verdict::failed) {
      worst = finding;
    }
  }
  return worst;
}

}  // namespace

Result<void> check(const BreakerOptions& options) {
  constexpr std::uint32_t kCountMax = 1'000'000;
  constexpr milliseconds kSpanMax = std::chrono::hours(1);
  const auto refuse = [](std::string what) {
    return fail(Errc::invalid_argument, "breaker: " + std::move(what));
  };
  if (options.failures_max < 1 || options.failures_max > kCountMax) {
    return refuse("failures_max: expected 1 to 1,000,000");
  }
  if (!(options.failure_share > 0 && options.failure_share <= 1)) {
    return refuse("failure_share: expected above 0, up to 1");
  }
  if (options.window_calls_min < 1 || options.window_calls_min > kCountMax) {
    return refuse("window_calls_min: expected 1 to 1,000,000");
  }
  if (options.window < milliseconds(100) || options.window > kSpanMax) {
    return refuse("window: expected 100 ms to 1 h");
  }
  if (options.pause_first < milliseconds(1) || options.pause_first > options.pause_max ||
      options.pause_max > kSpanMax) {
    return refuse("pause_first: expected 1 ms to pause_max, and that up to 1 h");
  }
  if (options.probe_patience < milliseconds(1) || options.probe_patience > kSpanMax) {
    return refuse("probe_patience: expected 1 ms to 1 h");
  }
  return {};
}

class BreakerBackend::Impl {
 public:
  Impl(CacheBackend& store, Clock& clock, LogSink& log, const BreakerOptions& options)
      : clock_(clock),
        reads_({.clock = clock, .log = log, .store = store.name(), .direction = "reads"}, options),
        writes_({.clock = clock, .log = log, .store = store.name(), .direction = "writes"},
                options) {}

  // The whole body of every verb. `call` makes the call, `refuse` turns an error into the
  // verb's answer; neither is a coroutine, so each verb has this one frame.
  template <typename Answer, typename Call, typename Refuse>
  awaitable<Answer> guard(Circuit& circuit, Deadline deadline, Call call, Refuse refuse) {
    // Each of these ends at once and asks no store. The clock is read only for callers that
    // have a deadline.
    if (gone_.load(std::memory_order_acquire) ||
        (deadline != Deadline::max() && clock_.coarse_now() >= deadline)) {
      co_return co_await call();
    }
    Circuit::Permit permit = circuit.ask();
    if (permit.refused()) {
      co_return refuse(circuit.refusal());
    }
    Answer answer = co_await call();
    const Finding finding = judge(answer);
    permit.settle(finding.verdict, finding.cause);
    co_return answer;
  }

  template <typename T, typename Call>
  awaitable<Batch<T>> many(Circuit& circuit, std::size_t items, Deadline deadline, Call call) {
    return guard<Batch<T>>(circuit, deadline, std::move(call),
                           [items](const Error& error) { return fail_all<T>(items, error); });
  }

  template <typename T, typename Call>
  awaitable<Result<T>> one(Circuit& circuit, Deadline deadline, Call call) {
    return guard<Result<T>>(circuit, deadline, std::move(call), [](Error error) {
      return Result<T>(std::unexpected(std::move(error)));
    });
  }

  Clock& clock_;
  Circuit reads_;
  Circuit writes_;
  std::atomic<bool> gone_{false};  // close() was called
};

Result<std::unique_ptr<BreakerBackend>> BreakerBackend::make(CacheBackend& inner, Clock& clock,
                                                             LogSink& log, BreakerOptions options) {
  if (const auto valid = check(options); !valid) {
    return std::unexpected(valid.error());
  }
  return std::unique_ptr<BreakerBackend>(
      new BreakerBackend(inner, std::make_unique<Impl>(inner, clock, log, options)));
}

BreakerBackend::BreakerBackend(CacheBackend& inner, std::unique_ptr<Impl> impl) noexcept
    : Layer(inner), impl_(std::move(impl)) {}

BreakerBackend::~BreakerBackend() = default;

BreakerStats BreakerBackend::breaker_stats() const {
  return BreakerStats{.reads = impl_->reads_.stats(), .writes = impl_->writes_.stats()};
}

// ---- reads ----

awaitable<Batch<std::optional<Found>>> BreakerBackend::get(std::span<const Key> keys,
                                                           Deadline deadline) {
  return impl_->many<std::optional<Found>>(impl_->reads_, keys.size(), deadline,
                                           [=, this] { return inner().get(keys, deadline); });
}

awaitable<Batch<Epoch>> BreakerBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  return impl_->many<Epoch>(impl_->reads_, tags.size(), deadline,
                            [=, this] { return inner().epochs(tags, deadline); });
}

awaitable<Result<EventPage>> BreakerBackend::read_after(const Key& log, EventPosition position,
                                                        std::size_t count, Deadline deadline) {
  return impl_->one<EventPage>(impl_->reads_, deadline, [this, &log, position, count, deadline] {
    return inner().read_after(log, position, count, deadline);
  });
}

awaitable<Result<std::unique_ptr<Subscription>>> BreakerBackend::subscribe(
    std::span<const Key> channels, Deadline deadline) {
  return impl_->one<std::unique_ptr<Subscription>>(
      impl_->reads_, deadline, [=, this] { return inner().subscribe(channels, deadline); });
}

awaitable<Result<std::unique_ptr<Watch>>> BreakerBackend::watch(Deadline deadline) {
  return impl_->one<std::unique_ptr<Watch>>(impl_->reads_, deadline,
                                            [=, this] { return inner().watch(deadline); });
}

awaitable<Result<ScanPage>> BreakerBackend::scan(ScanRequest request, Deadline deadline) {
  return impl_->one<ScanPage>(
      impl_->reads_, deadline,
      [this, request = std::move(request), deadline] { return inner().scan(request, deadline); });
}

awaitable<Result<void>> BreakerBackend::ping(Deadline deadline) {
  return impl_->one<void>(impl_->reads_, deadline, [=, this] { return inner().ping(deadline); });
}

// ---- writes ----

awaitable<Batch<PutOutcome>> BreakerBackend::put(std::span<const PutItem> items,
                                                 Deadline deadline) {
  return impl_->many<PutOutcome>(impl_->writes_, items.size(), deadline,
                                 [=, this] { return inner().put(items, deadline); });
}

awaitable<Batch<bool>> BreakerBackend::erase(std::span<const Key> keys, Deadline deadline) {
  return impl_->many<bool>(impl_->writes_, keys.size(), deadline,
                           [=, this] { return inner().erase(keys, deadline); });
}

awaitable<Batch<bool>> BreakerBackend::touch(std::span<const TouchItem> items, Deadline deadline) {
  return impl_->many<bool>(impl_->writes_, items.size(), deadline,
                           [=, this] { return inner().touch(items, deadline); });
}

awaitable<Batch<LeaseAnswer>> BreakerBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                            Deadline deadline) {
  return impl_->many<LeaseAnswer>(impl_->writes_, requests.size(), deadline,
                                  [=, this] { return inner().read_or_lease(requests, deadline); });
}

awaitable<Batch<FillOutcome>> BreakerBackend::fill(std::span<const Fill> fills, Deadline deadline) {
  return impl_->many<FillOutcome>(impl_->writes_, fills.size(), deadline,
                                  [=, this] { return inner().fill(fills, deadline); });
}

awaitable<Batch<bool>> BreakerBackend::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                             Deadline deadline) {
  return impl_->many<bool>(impl_->writes_, leases.size(), deadline,
                           [=, this] { return inner().renew(leases, hold, deadline); });
}

awaitable<Batch<bool>> BreakerBackend::release(std::span<const LeaseHold> leases,
                                               Deadline deadline) {
  return impl_->many<bool>(impl_->writes_, leases.size(), deadline,
                           [=, this] { return inner().release(leases, deadline); });
}

awaitable<Batch<std::int64_t>> BreakerBackend::add(std::span<const Addition> additions,
                                                   Deadline deadline) {
  return impl_->many<std::int64_t>(impl_->writes_, additions.size(), deadline,
                                   [=, this] { return inner().add(additions, deadline); });
}

awaitable<Batch<QuotaAnswer>> BreakerBackend::take(std::span<const QuotaRequest> requests,
                                                   Deadline deadline) {
  return impl_->many<QuotaAnswer>(impl_->writes_, requests.size(), deadline,
                                  [=, this] { return inner().take(requests, deadline); });
}

awaitable<Batch<Epoch>> BreakerBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  return impl_->many<Epoch>(impl_->writes_, tags.size(), deadline,
                            [=, this] { return inner().bump(tags, deadline); });
}

awaitable<Result<EventPosition>> BreakerBackend::append(const Key& log, Bytes payload,
                                                        LogBounds bounds, Deadline deadline) {
  return impl_->one<EventPosition>(impl_->writes_, deadline,
                                   [this, &log, payload = std::move(payload), bounds, deadline] {
                                     return inner().append(log, payload, bounds, deadline);
                                   });
}

awaitable<Result<void>> BreakerBackend::publish(const Key& channel, Bytes payload,
                                                Deadline deadline) {
  return impl_->one<void>(impl_->writes_, deadline,
                          [this, &channel, payload = std::move(payload), deadline] {
                            return inner().publish(channel, payload, deadline);
                          });
}

// ---- care ----

BackendStats BreakerBackend::stats() const {
  BackendStats stats = inner().stats();
  stats.errors += impl_->reads_.stats().refused + impl_->writes_.stats().refused;
  return stats;
}

awaitable<void> BreakerBackend::close() {
  impl_->gone_.store(true, std::memory_order_release);
  return inner().close();
}

bool has_breaker(const CacheBackend& backend) noexcept {
  return has_layer<BreakerBackend>(backend);
}

}  // namespace larder

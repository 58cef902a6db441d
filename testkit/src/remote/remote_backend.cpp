#include <larder/testkit/remote_backend.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/system/system_error.hpp>

#include "remote/stream.hpp"

namespace larder::testkit {

using wire::Verb;

class RemoteBackend::Impl {
 public:
  Impl(Clock& clock, std::uint16_t port) : link(std::make_shared<Link>(clock, port)) {}

  // Asks for an answer of type T, which is a Result or a Batch of them.
  template <typename T>
  awaitable<Result<T>> ask(Verb verb, Effect effect, std::string body, Deadline deadline) {
    Request request{.verb = verb, .effect = effect, .body = std::move(body)};
    const auto answer = co_await on_link(*link, link->ask(std::move(request), deadline));
    if (!answer) {
      co_return std::unexpected(answer.error());
    }
    try {
      wire::Reader from(*answer);
      co_return wire::read<T>(from);
    } catch (const wire::BadFrame& failure) {
      co_return fail(Errc::protocol_error, failure.what());
    }
  }

  template <typename T>
  awaitable<Result<T>> one(Verb verb, Effect effect, std::string body, Deadline deadline) {
    auto answer = co_await ask<Result<T>>(verb, effect, std::move(body), deadline);
    Result<T> result = answer ? std::move(*answer) : std::unexpected(answer.error());
    count_errors(!result.has_value());
    co_return result;
  }

  template <typename T>
  awaitable<Batch<T>> batch(Verb verb, Effect effect, std::size_t items, std::string body,
                            Deadline deadline) {
    auto answer = co_await ask<Batch<T>>(verb, effect, std::move(body), deadline);
    if (answer && answer->size() != items) {
      answer = fail(Errc::protocol_error, "remote store: not one answer for each item");
    }
    count_errors(!answer || std::ranges::any_of(*answer, [](const Result<T>& result) {
      return !result.has_value();
    }));
    co_return answer ? std::move(*answer) : fail_all<T>(items, answer.error());
  }

  void count_errors(bool failed) { errors += failed ? 1 : 0; }

  std::shared_ptr<Link> link;
  Capabilities can;
  std::atomic<std::uint64_t> hits = 0;
  std::atomic<std::uint64_t> misses = 0;
  std::atomic<std::uint64_t> writes = 0;
  std::atomic<std::uint64_t> errors = 0;
};

RemoteBackend::RemoteBackend(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
RemoteBackend::~RemoteBackend() = default;

awaitable<Result<std::unique_ptr<RemoteBackend>>> RemoteBackend::open(Clock& clock,
                                                                      std::uint16_t port,
                                                                      Deadline deadline) {
  auto impl = std::make_shared<Impl>(clock, port);
  std::unique_ptr<RemoteBackend> backend(new RemoteBackend(impl));
  const auto can = co_await impl->one<Capabilities>(Verb::hello, Effect::reads, {}, deadline);
  if (!can) {
    co_await backend->close();
    co_return std::unexpected(can.error());
  }
  impl->can = *can;
  impl->can.shared = true;
  co_return backend;
}

const Capabilities& RemoteBackend::capabilities() const noexcept { return impl_->can; }

awaitable<Batch<std::optional<Found>>> RemoteBackend::get(std::span<const Key> keys,
                                                          Deadline deadline) {
  auto found = co_await impl_->batch<std::optional<Found>>(Verb::get, Effect::reads, keys.size(),
                                                           wire::pack(keys), deadline);
  for (const auto& one : found) {
    if (one) {
      ++(*one ? impl_->hits : impl_->misses);
    }
  }
  co_return found;
}

awaitable<Batch<PutOutcome>> RemoteBackend::put(std::span<const PutItem> items, Deadline deadline) {
  auto outcomes = co_await impl_->batch<PutOutcome>(Verb::put, Effect::writes, items.size(),
                                                    wire::pack(items), deadline);
  for (const auto& outcome : outcomes) {
    impl_->writes += outcome && outcome->stored ? 1 : 0;
  }
  co_return outcomes;
}

awaitable<Batch<bool>> RemoteBackend::erase(std::span<const Key> keys, Deadline deadline) {
  return impl_->batch<bool>(Verb::erase, Effect::writes, keys.size(), wire::pack(keys), deadline);
}

awaitable<Batch<bool>> RemoteBackend::touch(std::span<const TouchItem> items, Deadline deadline) {
  return impl_->batch<bool>(Verb::touch, Effect::writes, items.size(), wire::pack(items), deadline);
}

awaitable<Batch<LeaseAnswer>> RemoteBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                           Deadline deadline) {
  return impl_->batch<LeaseAnswer>(Verb::read_or_lease, Effect::writes, requests.size(),
                                   wire::pack(requests), deadline);
}

awaitable<Batch<FillOutcome>> RemoteBackend::fill(std::span<const Fill> fills, Deadline deadline) {
  return impl_->batch<FillOutcome>(Verb::fill, Effect::writes, fills.size(), wire::pack(fills),
                                   deadline);
}

awaitable<Batch<bool>> RemoteBackend::renew(std::span<const LeaseHold> leases, milliseconds hold,
                                            Deadline deadline) {
  return impl_->batch<bool>(Verb::renew, Effect::writes, leases.size(), wire::pack(leases, hold),
                            deadline);
}

awaitable<Batch<bool>> RemoteBackend::release(std::span<const LeaseHold> leases,
                                              Deadline deadline) {
  return impl_->batch<bool>(Verb::release, Effect::writes, leases.size(), wire::pack(leases),
                            deadline);
}

awaitable<Batch<std::int64_t>> RemoteBackend::add(std::span<const Addition> additions,
                                                  Deadline deadline) {
  return impl_->batch<std::int64_t>(Verb::add, Effect::writes, additions.size(),
                                    wire::pack(additions), deadline);
}

awaitable<Batch<QuotaAnswer>> RemoteBackend::take(std::span<const QuotaRequest> requests,
                                                  Deadline deadline) {
  return impl_->batch<QuotaAnswer>(Verb::take, Effect::writes, requests.size(),
                                   wire::pack(requests), deadline);
}

awaitable<Batch<Epoch>> RemoteBackend::epochs(std::span<const Tag> tags, Deadline deadline) {
  // Asking again for an epoch that may have been drawn is harmless: it is drawn once.
  return impl_->batch<Epoch>(Verb::epochs, Effect::reads, tags.size(), wire::pack(tags), deadline);
}

awaitable<Batch<Epoch>> RemoteBackend::bump(std::span<const Tag> tags, Deadline deadline) {
  return impl_->batch<Epoch>(Verb::bump, Effect::writes, tags.size(), wire::pack(tags), deadline);
}

awaitable<Result<EventPosition>> RemoteBackend::append(const Key& log, Bytes payload,
                                                       LogBounds bounds, Deadline deadline) {
  return impl_->one<EventPosition>(Verb::append, Effect::writes, wire::pack(log, payload, bounds),
                                   deadline);
}

awaitable<Result<EventPage>> RemoteBackend::read_after(const Key& log, EventPosition position,
                                                       std::size_t count, Deadline deadline) {
  return impl_->one<EventPage>(Verb::read_after, Effect::reads, wire::pack(log, position, count),
                               deadline);
}

awaitable<Result<void>> RemoteBackend::publish(const Key& channel, Bytes payload,
                                               Deadline deadline) {
  return impl_->one<void>(Verb::publish, Effect::writes, wire::pack(channel, payload), deadline);
}

awaitable<Result<std::unique_ptr<Subscription>>> RemoteBackend::subscribe(
    std::span<const Key> channels, Deadline deadline) {
  Request request{.verb = Verb::subscribe, .effect = Effect::reads, .body = wire::pack(channels)};
  auto stream =
      co_await on_link(*impl_->link, impl_->link->open_stream(std::move(request), deadline));
  if (!stream) {
    co_return std::unexpected(stream.error());
  }
  co_return make_subscription(impl_->link, std::move(*stream));
}

awaitable<Result<std::unique_ptr<Watch>>> RemoteBackend::watch(Deadline deadline) {
  Request request{.verb = Verb::watch, .effect = Effect::reads, .body = {}};
  auto stream =
      co_await on_link(*impl_->link, impl_->link->open_stream(std::move(request), deadline));
  if (!stream) {
    co_return std::unexpected(stream.error());
  }
  co_return make_watch(impl_->link, std::move(*stream));
}

awaitable<Result<ScanPage>> RemoteBackend::scan(ScanRequest request, Deadline deadline) {
  return impl_->one<ScanPage>(Verb::scan, Effect::reads, wire::pack(request), deadline);
}

BackendStats RemoteBackend::stats() const {
  BackendStats stats;
  stats.hits = impl_->hits;
  stats.misses = impl_->misses;
  stats.writes = impl_->writes;
  stats.errors = impl_->errors;
  return stats;
}

awaitable<Result<void>> RemoteBackend::ping(Deadline deadline) {
  return impl_->one<void>(Verb::ping, Effect::reads, {}, deadline);
}

awaitable<void> RemoteBackend::close() {
  return run_on(impl_->link->executor(), impl_->link->close());
}

}  // namespace larder::testkit

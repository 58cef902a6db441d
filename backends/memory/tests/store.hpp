// A memory store with a clock of its own, and its verbs as plain calls for tests about one
// thing at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <larder/memory/backend.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/run.hpp>

namespace larder::memory {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): literals
using testkit::kNoDeadline;
using testkit::run;

inline Key key(std::string_view id) { return Key::literal("test", id); }

inline Entry entry(std::string_view id, std::string value, Life life = {.fresh = 60s}) {
  return Entry{.key = key(id), .value = Bytes(std::move(value)), .life = life};
}

struct Store {
  explicit Store(std::size_t bytes_max = MemoryOptions{}.bytes_max)
      : backend(std::move(*MemoryCacheBackend::make(clock, {.bytes_max = bytes_max}))) {}
  ~Store() { run(backend->close()); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::optional<Found> get(std::string_view id) {
    const Key name = key(id);
    return std::move(*run(backend->get(std::span(&name, 1), kNoDeadline)).front());
  }
  // The value's text; "(none)" for a miss.
  std::string text(std::string_view id) {
    const auto found = get(id);
    return found ? std::string(found->entry->value()) : "(none)";
  }
  Result<PutOutcome> put(Entry item, Condition condition = Always{}) {
    const PutItem put{.entry = std::move(item), .condition = condition};
    return run(backend->put(std::span(&put, 1), kNoDeadline)).front();
  }
  bool erase(std::string_view id) {
    const Key name = key(id);
    return *run(backend->erase(std::span(&name, 1), kNoDeadline)).front();
  }
  Result<bool> touch(std::string_view id, milliseconds fresh) {
    const TouchItem item{.key = key(id), .fresh = fresh};
    return run(backend->touch(std::span(&item, 1), kNoDeadline)).front();
  }
  Result<LeaseAnswer> lease(std::string_view id, milliseconds hold = 3s,
                            std::optional<Version> despite = {}) {
    const LeaseRequest request{.key = key(id), .hold = hold, .despite = despite};
    return run(backend->read_or_lease(std::span(&request, 1), kNoDeadline)).front();
  }
  Result<FillOutcome> fill(Entry item, LeaseToken token) {
    const Fill fill{.entry = std::move(item), .token = token};
    return run(backend->fill(std::span(&fill, 1), kNoDeadline)).front();
  }
  Result<bool> renew(std::string_view id, LeaseToken token, milliseconds hold) {
    const LeaseHold item{.key = key(id), .token = token};
    return run(backend->renew(std::span(&item, 1), hold, kNoDeadline)).front();
  }
  Result<bool> release(std::string_view id, LeaseToken token) {
    const LeaseHold item{.key = key(id), .token = token};
    return run(backend->release(std::span(&item, 1), kNoDeadline)).front();
  }
  Result<std::int64_t> add(std::string_view id, std::int64_t delta, milliseconds life = 0ms) {
    const Addition item{.key = key(id), .delta = delta, .life = life};
    return run(backend->add(std::span(&item, 1), kNoDeadline)).front();
  }
  Result<QuotaAnswer> take(std::string_view id, Quota quota, std::uint32_t cost = 1) {
    const QuotaRequest item{.key = key(id), .quota = quota, .cost = cost};
    return run(backend->take(std::span(&item, 1), kNoDeadline)).front();
  }
  Epoch epoch(std::string_view id) {
    const Tag tag = key(id);
    return *run(backend->epochs(std::span(&tag, 1), kNoDeadline)).front();
  }
  Epoch bump(std::string_view id) {
    const Tag tag = key(id);
    return *run(backend->bump(std::span(&tag, 1), kNoDeadline)).front();
  }
  Result<EventPosition> append(std::string_view id, std::string payload, LogBounds bounds = {}) {
    return run(backend->append(key(id), Bytes(std::move(payload)), bounds, kNoDeadline));
  }
  EventPage read_after(std::string_view id, EventPosition position, std::size_t count = 1000) {
    return *run(backend->read_after(key(id), position, count, kNoDeadline));
  }
  Result<void> publish(std::string_view id, std::string payload) {
    return run(backend->publish(key(id), Bytes(std::move(payload)), kNoDeadline));
  }
  std::unique_ptr<Subscription> subscribe(std::span<const Key> channels) {
    return std::move(*run(backend->subscribe(channels, kNoDeadline)));
  }
  std::unique_ptr<Watch> watch() { return std::move(*run(backend->watch(kNoDeadline))); }
  BackendStats stats() { return backend->stats(); }

  testkit::FakeClock clock;
  std::unique_ptr<MemoryCacheBackend> backend;
};

}  // namespace larder::memory

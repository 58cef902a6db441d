// A memory store as a test directs it: it fails, counts, and lets the test step in at the
// moment before or after the store does its part.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>

#include <larder/cache/layer.hpp>
#include <larder/log.hpp>
#include <larder/memory/backend.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/run.hpp>

namespace larder {

using namespace std::chrono_literals;
using testkit::FakeClock;
using testkit::kNoDeadline;
using testkit::run;
using testkit::start;
using testkit::yield_until;

// A layer that owns what it stands on.
class Owning : public Layer {
 public:
  explicit Owning(std::unique_ptr<CacheBackend> store) : Layer(*store), store_(std::move(store)) {}

 private:
  std::unique_ptr<CacheBackend> store_;
};

inline std::unique_ptr<MemoryCacheBackend> memory_store(Clock& clock) {
  return MemoryCacheBackend::make(clock, {.bytes_max = std::size_t{32} << 20}).value();
}

// What a watch of the stage does from now on.
enum class WatchPlay : std::uint8_t {
  tells,
  is_frozen,  // says nothing, whatever happens
  breaks,     // ends with an error
  overflows,  // says once that changes were lost, then tells
};

class StageWatch final : public Watch {
 public:
  StageWatch(std::unique_ptr<Watch> watch, WatchPlay& play)
      : watch_(std::move(watch)), play_(play) {}

  awaitable<Result<Change>> next(Deadline deadline) override {
    for (;;) {
      auto change = co_await watch_->next(deadline);
      const bool ended = !change && change.error().code() != Errc::timeout;
      if (ended || play_ == WatchPlay::tells) {
        co_return change;
      }
      if (play_ == WatchPlay::breaks) {
        co_return fail(Errc::unavailable, "the stream broke");
      }
      if (play_ == WatchPlay::overflows) {
        play_ = WatchPlay::tells;
        co_return WatchLost();
      }
      if (!change) {
        co_return change;  // Frozen: the deadline is all that comes.
      }
    }
  }

 private:
  std::unique_ptr<Watch> watch_;
  WatchPlay& play_;
};

class Stage final : public Layer {
 public:
  using Scene = std::function<awaitable<void>()>;
  using Layer::Layer;

  WatchPlay watch_play = WatchPlay::tells;
  std::optional<Error> ping_fails;
  std::optional<Error> watch_fails;

  // Read when a verb begins. `reads`: get, epochs and ping.
  std::optional<Error> reads_fail;
  std::optional<Error> writes_fail;
  // Played once each, then forgotten.
  Scene before_get, after_get, before_epochs, after_epochs, before_write, after_write;
  std::size_t gets = 0;
  std::size_t epoch_calls = 0;
  std::size_t writes = 0;
  std::size_t lease_calls = 0;

  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    ++gets;
    co_await play(before_get);
    if (reads_fail) {
      co_return fail_all<std::optional<Found>>(keys.size(), *reads_fail);
    }
    auto answers = co_await inner().get(keys, deadline);
    co_await play(after_get);
    co_return answers;
  }
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    ++epoch_calls;
    co_await play(before_epochs);
    if (reads_fail) {
      co_return fail_all<Epoch>(tags.size(), *reads_fail);
    }
    auto answers = co_await inner().epochs(tags, deadline);
    co_await play(after_epochs);
    co_return answers;
  }
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    ++writes;
    co_await play(before_write);
    if (writes_fail) {
      co_return fail_all<PutOutcome>(items.size(), *writes_fail);
    }
    auto answers = co_await inner().put(items, deadline);
    co_await play(after_write);
    co_return answers;
  }
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    ++writes;
    co_await play(before_write);
    auto answers = co_await inner().bump(tags, deadline);
    co_await play(after_write);
    co_return answers;
  }
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    ++lease_calls;
    co_return co_await inner().read_or_lease(requests, deadline);
  }
  awaitable<Result<void>> ping(Deadline deadline) override {
    if (const auto& failure = ping_fails ? ping_fails : reads_fail) {
      co_return std::unexpected(*failure);
    }
    co_return co_await inner().ping(deadline);
  }
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override {
    if (watch_fails) {
      co_return std::unexpected(*watch_fails);
    }
    auto watch = co_await inner().watch(deadline);
    if (!watch) {
      co_return watch;
    }
    co_return std::make_unique<StageWatch>(*std::move(watch), watch_play);
  }

 private:
  static awaitable<void> play(Scene& scene) {
    if (const Scene now = std::exchange(scene, nullptr)) {
      co_await now();
    }
  }
};

class CountingLog final : public LogSink {
 public:
  std::vector<std::string> lines;
  void write(LogLevel, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override {
    std::string line = std::string(component).append(": ").append(message);
    for (const auto& [name, value] : fields) {
      line.append(" ").append(name).append("=").append(value);
    }
    lines.push_back(std::move(line));
  }
};

inline const Key kKey = Key::literal("test", "key");
inline const Key kOther = Key::literal("test", "other");
inline const Tag kTag = Key::literal("tag", "one");

inline Entry entry_of(const Key& key, std::string value, Life life = {.fresh = 10min}) {
  return Entry{.key = key, .value = Bytes(std::move(value)), .life = life};
}

inline awaitable<Version> put(CacheBackend& store, Entry entry) {
  const std::vector<PutItem> items{{.entry = std::move(entry)}};
  const auto answers = co_await store.put(items, kNoDeadline);
  EXPECT_TRUE(answers.front() && answers.front()->stored);
  co_return answers.front() ? answers.front()->version : Version();
}

inline awaitable<Result<std::optional<Found>>> get(CacheBackend& store, Key key,
                                                   Deadline deadline = kNoDeadline) {
  auto answers = co_await store.get(std::span(&key, 1), deadline);
  co_return std::move(answers.front());
}

// The value, "(miss)", or the name of the error.
inline std::string text_of(const Result<std::optional<Found>>& found) {
  if (!found) {
    return std::string(to_string(found.error().code()));
  }
  return *found ? std::string((*found)->entry->value()) : "(miss)";
}

inline awaitable<std::string> text(CacheBackend& store, Key key) {
  co_return text_of(co_await get(store, key));
}

}  // namespace larder

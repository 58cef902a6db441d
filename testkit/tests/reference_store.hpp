// The simplest store that does everything: maps under one mutex, on an injected clock.
// The suite is tested on it, whole and with faults built in.
#pragma once

#include <atomic>
#include <concepts>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <larder/testkit/conformance.hpp>

namespace larder::testkit {

// Notices on their way to one subscriber or watcher. Waiting is looking again and again.
template <typename T>
class Mailbox {
 public:
  static constexpr std::size_t kMost = 1000;

  explicit Mailbox(Clock& clock) : clock_(clock) {}
  void post(T notice, T lost);
  void close();
  [[nodiscard]] awaitable<Result<T>> next(Deadline deadline);

 private:
  std::optional<Result<T>> take(Deadline deadline);

  Clock& clock_;
  std::mutex mutex_;
  std::deque<T> notices_;
  bool closed_ = false;
};

class ReferenceBackend : public CacheBackend {
 public:
  explicit ReferenceBackend(Clock& clock) : clock_(clock) {}

  std::string_view name() const noexcept override { return "reference"; }
  const Capabilities& capabilities() const noexcept override;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                               Deadline deadline) override;
  awaitable<Batch<bool>> release(std::span<const LeaseHold> leases, Deadline deadline) override;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Result<EventPosition>> append(const Key& log, Bytes payload, LogBounds bounds,
                                          Deadline deadline) override;
  awaitable<Result<EventPage>> read_after(const Key& log, EventPosition position, std::size_t count,
                                          Deadline deadline) override;
  awaitable<Result<void>> publish(const Key& channel, Bytes payload, Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Subscription>>> subscribe(std::span<const Key> channels,
                                                             Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override;
  awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline) override;
  BackendStats stats() const override;
  awaitable<Result<void>> ping(Deadline deadline) override;
  awaitable<void> close() override;

  // Between the two the store cannot be reached.
  virtual void unplug() { reachable_ = false; }
  virtual void plug_in() { reachable_ = true; }
  // Between the two it stands still.
  void freeze() { frozen_ = true; }
  virtual void thaw() { frozen_ = false; }
  // Forgets everything, and tells those who listen.
  virtual void restart_empty();
  // From now on it has room for small values only.
  void fill_up() { full_ = true; }

 protected:
  struct Record {
    EntryRef entry;
    SteadyTime end;
    Version version;
  };
  struct Lease {
    LeaseToken token;
    SteadyTime end;
  };
  struct Counter {
    std::int64_t sum;
    SteadyTime end;
  };
  struct Logged {
    Event event;
    SteadyTime end;
  };
  struct Log {
    std::uint64_t id = 0;
    std::uint64_t last = 0;
    std::deque<Logged> events;
  };
  using Inbox = Mailbox<Notice>;
  using Outlook = Mailbox<Change>;

  // The way to the store, and what ends a call on it. Waits while the store is frozen.
  [[nodiscard]] virtual awaitable<std::optional<Error>> reach(Deadline deadline);
  [[nodiscard]] virtual std::optional<Error> gives_up(Deadline deadline) const;

  // Runs `one` for each item under the mutex, unless the call as a whole is refused.
  template <typename T, typename Item, typename One>
  awaitable<Batch<T>> each(std::span<const Item> items, Deadline deadline, One one);
  // The same for a call about one thing.
  template <typename T, typename One>
  awaitable<Result<T>> once(Deadline deadline, One one);
  std::optional<Error> refusal(std::size_t items, Deadline deadline) const;

  // All of these under the mutex.
  std::optional<Found> find(const Key& key) const;
  Result<PutOutcome> write(const PutItem& item);
  bool remove(const Key& key);
  bool holds(const LeaseHold& lease) const;
  [[nodiscard]] virtual Epoch draw() { return Epoch(random_()); }
  void changed(const Key& key);
  void drop_old(Log& log, LogBounds bounds) const;

  Clock& clock_;
  mutable std::mutex mutex_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> reachable_ = true;
  std::atomic<bool> frozen_ = false;
  std::atomic<bool> full_ = false;
  std::mt19937_64 random_{std::random_device{}()};
  std::uint64_t last_token_ = 0;
  std::uint64_t last_version_ = 0;
  BackendStats stats_;
  std::map<Key, Record> values_;
  std::map<Key, Lease> leases_;
  std::map<Key, Counter> counters_;
  // When the full burst is there again, in nanoseconds of the clock.
  std::map<Key, long double> quotas_;
  std::map<Tag, Epoch> epochs_;
  std::map<Key, Log> logs_;
  std::vector<std::pair<std::set<Key>, std::weak_ptr<Inbox>>> inboxes_;
  std::vector<std::weak_ptr<Outlook>> outlooks_;
};

// What a client needs whose clock is `skew` ahead of a store's: a second handle on it.
class SkewedClient : public CacheBackend {
 public:
  SkewedClient(CacheBackend& store, milliseconds skew) : store_(store), skew_(skew) {}

  std::string_view name() const noexcept override { return "skewed"; }
  const Capabilities& capabilities() const noexcept override { return store_.capabilities(); }
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    return store_.get(keys, deadline - skew_);
  }
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    return store_.put(items, deadline - skew_);
  }
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override {
    return store_.erase(keys, deadline - skew_);
  }
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override {
    return store_.touch(items, deadline - skew_);
  }
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    return store_.read_or_lease(requests, deadline - skew_);
  }
  awaitable<Result<void>> ping(Deadline deadline) override { return store_.ping(deadline - skew_); }
  BackendStats stats() const override { return store_.stats(); }
  // The store is the other client's.
  awaitable<void> close() override { co_return; }

 protected:
  CacheBackend& store_;
  const milliseconds skew_;
};

// The reference store, or one with a fault, as the suite wants it.
template <std::derived_from<ReferenceBackend> Backend = ReferenceBackend,
          std::derived_from<SkewedClient> Client = SkewedClient>
class ReferenceStore final : public FakeClockStore,
                             public BreakableStore,
                             public FreezableStore,
                             public RestartableStore,
                             public FillableStore,
                             public SkewableStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    auto backend = std::make_unique<Backend>(clock());
    last_ = backend.get();
    co_return backend;
  }
  awaitable<void> break_store() override {
    last_->unplug();
    co_return;
  }
  awaitable<void> heal_store() override {
    last_->plug_in();
    co_return;
  }
  awaitable<void> freeze_store() override {
    last_->freeze();
    co_return;
  }
  awaitable<void> thaw_store() override {
    last_->thaw();
    co_return;
  }
  awaitable<void> restart_store_empty() override {
    last_->restart_empty();
    co_return;
  }
  awaitable<void> fill_store() override {
    last_->fill_up();
    co_return;
  }
  // Its clock stands still at a distance from the store's, and is moved by nobody: all that
  // a check does with it is to count deadlines from it.
  awaitable<Result<std::unique_ptr<CacheBackend>>> open_skewed(milliseconds skew) override {
    skewed_ = std::make_unique<FakeClock>();
    const auto apart = clock().now() - skewed_->now();
    skewed_->advance(std::chrono::floor<milliseconds>(apart) + skew);
    co_return std::make_unique<Client>(*last_, skew);
  }
  Clock& skewed_clock() override { return *skewed_; }

 private:
  Backend* last_ = nullptr;
  std::unique_ptr<FakeClock> skewed_;
};

}  // namespace larder::testkit

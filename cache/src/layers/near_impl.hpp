// NearTierBackend::Impl: its parts, and how its verbs use them.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include <larder/cache/near_tier.hpp>

#include "endings.hpp"
#include "near_pump.hpp"

namespace larder {

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

  // ---- near_reads.cpp ----

  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline);
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline);

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

  // ---- near_epochs.cpp ----

  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline);

  // ---- near_tier.cpp ----

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
  static const Key& key_of(const Key& key) noexcept { return key; }
  static const Key& key_of(const TouchItem& item) noexcept { return item.key; }
  static const Key& key_of(const PutItem& item) noexcept { return item.entry.key; }
  static const Key& key_of(const Fill& item) noexcept { return item.entry.key; }

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

  struct TagPlace;
  class LedQuestions;
  // Asks the remote store for the tags at these places.
  awaitable<void> ask_epochs(std::span<const Tag> tags, std::span<const TagPlace> asking,
                             Deadline deadline, Batch<Epoch>& answers);
  // Answers from others' questions; asks for those that have none.
  awaitable<void> join_epochs(std::span<const Tag> tags, std::span<const TagPlace> joined,
                              Deadline deadline, Batch<Epoch>& answers);
};

}  // namespace larder

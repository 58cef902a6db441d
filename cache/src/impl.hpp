// The parts of a Cache and how its verbs use them.
#pragma once

#include <exception>

#include <larder/cache/breaker.hpp>
#include <larder/cache/cache.hpp>

#include "admissions.hpp"
#include "counters.hpp"
#include "flights.hpp"
#include "keeping.hpp"
#include "load.hpp"
#include "lookup.hpp"
#include "open_work.hpp"
#include "store.hpp"

namespace larder {

// Where the store can be down and has no breaker yet. Options out of their range make none:
// check_policy() refuses them before anything is asked.
[[nodiscard]] std::unique_ptr<BreakerBackend> breaker_around(CacheBackend& backend, Clock& clock,
                                                             LogSink& log,
                                                             const CacheOptions& options);

class Cache::Impl {
 public:
  Impl(CacheBackend& backend, Clock& clock, LogSink& log, CacheOptions options)
      : clock_(clock),
        options_(options),
        breaker_(breaker_around(backend, clock, log, options)),
        store_(breaker_ ? *breaker_ : backend, log, counters_),
        flights_(clock, open_, counters_),
        admissions_(options.loads_max) {}

  // ---- verbs.cpp: Cache's verbs, under the same contracts ----

  [[nodiscard]] awaitable<Result<std::optional<Answer>>> get(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> put(const Key& key, Bytes value, const Policy& policy,
                                            Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> erase(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<void>> invalidate(std::span<const Tag> tags, Deadline deadline);
  [[nodiscard]] awaitable<Result<void>> clear(std::string_view name_space, Deadline deadline);
  [[nodiscard]] awaitable<void> close();

  [[nodiscard]] Result<void> check_policy(const Policy& policy) const;
  [[nodiscard]] CacheStats stats() const noexcept;
  [[nodiscard]] std::optional<BreakerStats> breaker_stats() const {
    return breaker_ ? std::optional(breaker_->breaker_stats()) : std::nullopt;
  }
  [[nodiscard]] bool idle() const { return open_.idle(); }

  // ---- explain.cpp ----

  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, const Policy* policy,
                                                       Deadline deadline);

  // ---- get_or_load.cpp: one caller ----

  [[nodiscard]] awaitable<Result<Answer>> get_or_load(const Key& key, const Policy& policy,
                                                      Loader loader);
  [[nodiscard]] awaitable<Batch<Answer>> get_or_load_many(std::span<const Key> keys,
                                                          const Policy& policy, ManyLoader loader);

 private:
  struct Asked;  // one key of a caller
  struct Call;   // what a caller wants
  struct Kept;   // one flight's value on its way to the store

  [[nodiscard]] Wish wish_of(const Policy& policy) const;
  [[nodiscard]] Result<void> check_call(const Policy& policy, bool has_loader) const;
  // Answers every key that was asked.
  [[nodiscard]] awaitable<void> answer_all(Call& call);
  // Answers a key at once, or finds its seat; false where it is to be looked up again.
  [[nodiscard]] bool settle(Asked& asked, Call& call, bool may_look_again);
  // The load of this look at the store.
  [[nodiscard]] const LoadPtr& load_of(Call& call);
  void load_in_background(Asked& asked, const LoadPtr& load, Counter& counter);
  // Until the flight ends, or the soft deadline where the caller has something stale.
  [[nodiscard]] awaitable<void> wait_for(Asked& asked, Deadline soft);
  [[nodiscard]] Result<Answer> share(const Asked& asked);
  // The stale entry where there still is one, else the failure.
  [[nodiscard]] Result<Answer> fall_back(const Lookup& lookup, Error failure,
                                         Counter& counter) const;

  // ---- load.cpp: one load, for all its callers ----

  void launch(const LoadPtr& load);
  void end_work(const LoadPtr& load, const std::exception_ptr& failure);
  // On the load's strand: gets the leases, runs the loader, stores, lands.
  [[nodiscard]] awaitable<void> fly(LoadPtr load);
  // On the load's strand: abandons the load at its deadline.
  [[nodiscard]] awaitable<void> watch(LoadPtr load);
  [[nodiscard]] awaitable<Batch<Loaded>> call_loader(const Load& load,
                                                     std::span<const FlightPtr> flights);
  // What is to be stored of it; nullopt where it failed, and has landed.
  [[nodiscard]] std::optional<Kept> take(const FlightPtr& flight, Result<Loaded> loaded);

  // ---- lease.cpp: agreeing with other nodes who loads ----

  // The flights that this node is to load. Those that another node is loading go on in a
  // load of their own; what another node has loaded lands.
  [[nodiscard]] awaitable<std::vector<FlightPtr>> acquire(LoadPtr load);
  [[nodiscard]] awaitable<Batch<LeaseAnswer>> ask_for_leases(const Load& load,
                                                             std::span<const FlightPtr> flights);
  // Lands those that may be answered; the others are asked for again.
  [[nodiscard]] awaitable<std::vector<FlightPtr>> land_hits(const Load& load,
                                                            std::span<const FlightPtr> flights,
                                                            std::vector<Found> hits);
  [[nodiscard]] awaitable<void> read_epochs_again(const Load& load,
                                                  std::span<const FlightPtr> flights);
  // Starts to keep the leases that were granted.
  void hold(const LoadPtr& load, std::span<const FlightPtr> granted);
  void note_waiting(Load& load, std::span<const FlightPtr> flights);
  void split_off(const LoadPtr& load, std::span<const FlightPtr> flights);
  // On the load's strand: renews the leases until the load is over; releases what is left.
  [[nodiscard]] awaitable<void> keep_leases(LoadPtr load);
  [[nodiscard]] awaitable<void> renew_leases(const Load& load);
  [[nodiscard]] awaitable<void> release_leases(const Load& load);

  // ---- keep.cpp: storing what was loaded ----

  // Stores what may be stored, and lands the flights.
  [[nodiscard]] awaitable<void> keep(const Load& load, std::vector<Kept> kept);
  void choose_way(const Load& load, Kept& kept);
  [[nodiscard]] awaitable<void> put_some(std::vector<Kept>& kept, Deadline deadline);
  [[nodiscard]] awaitable<void> fill_some(std::vector<Kept>& kept, Deadline deadline);
  [[nodiscard]] awaitable<void> erase_some(std::vector<Kept>& kept, Deadline deadline);

  Clock& clock_;
  const CacheOptions options_;
  const std::unique_ptr<BreakerBackend> breaker_;  // null where the store needs none
  Counters counters_;
  Store store_;
  OpenWork open_;
  Flights flights_;
  Admissions admissions_;
  Jitter jitter_;
};

struct Cache::Impl::Kept {
  enum class Way : std::uint8_t { none, put, fill, erase };

  FlightPtr flight;
  Loaded loaded;
  milliseconds cost{0};
  Way way = Way::none;
  Life life{};
  bool stored = false;
};

// A hit, or a stale entry, as an answer.
[[nodiscard]] Answer answer_of(const Found& found, Source source);

}  // namespace larder

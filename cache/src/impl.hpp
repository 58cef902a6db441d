// The parts of a Cache and how its verbs use them.
#pragma once

#include <exception>

#include <larder/cache/cache.hpp>

#include "counters.hpp"
#include "flights.hpp"
#include "keeping.hpp"
#include "lookup.hpp"
#include "open_work.hpp"
#include "store.hpp"

namespace larder {

class Cache::Impl {
 public:
  Impl(CacheBackend& backend, Clock& clock, LogSink& log)
      : clock_(clock), store_(backend, log, counters_), flights_(open_) {}

  // ---- verbs.cpp: Cache's verbs, under the same contracts ----

  [[nodiscard]] awaitable<Result<std::optional<Answer>>> get(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> put(const Key& key, Bytes value, const Policy& policy,
                                            Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> erase(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<void>> invalidate(std::span<const Tag> tags, Deadline deadline);
  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<void> close();

  [[nodiscard]] Result<void> check_policy(const Policy& policy) const {
    return check(policy, store_.capabilities());
  }
  [[nodiscard]] CacheStats stats() const noexcept;
  [[nodiscard]] bool idle() const { return open_.idle(); }

  // ---- get_or_load.cpp: one caller ----

  [[nodiscard]] awaitable<Result<Answer>> get_or_load(const Key& key, const Policy& policy,
                                                      Loader loader);

 private:
  // Takes a place in the load that this caller needs, or says why not.
  [[nodiscard]] Result<Answer> share(const Seat& seat, MissCause cause);

  // ---- load.cpp: one load, for all its callers ----

  void launch(const FlightPtr& flight);
  // On the flight's strand: runs the loader, stores, lands.
  [[nodiscard]] awaitable<void> fly(FlightPtr flight, Deadline deadline);
  // On the flight's strand: abandons the load at its deadline.
  [[nodiscard]] awaitable<void> watch(FlightPtr flight, Deadline deadline);
  [[nodiscard]] awaitable<Result<Loaded>> call_loader(const Flight& flight, Deadline deadline);
  // Stores what may be stored, and makes the answer for all.
  [[nodiscard]] awaitable<Answer> keep(const Flight& flight, Loaded loaded, milliseconds cost);
  // The stale entry where there still is one, else the failure.
  [[nodiscard]] Result<Answer> fall_back(const Flight& flight, Error failure) const;

  Clock& clock_;
  Counters counters_;
  Store store_;
  OpenWork open_;
  Flights flights_;
  Jitter jitter_;
};

// A hit, or a stale entry, as an answer.
[[nodiscard]] Answer answer_of(const Found& found, Source source);

}  // namespace larder

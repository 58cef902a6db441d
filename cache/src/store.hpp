// Store: the backend as the cache asks it: one key at a time, failures counted, an outage
// and its end each logged once.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string_view>

#include <larder/backend.hpp>
#include <larder/log.hpp>

#include "counters.hpp"

namespace larder {

// Any thread. References outlive it. The verbs keep the port's rules; keys and tags are
// views, read until the awaitable completes.
class Store {
 public:
  Store(CacheBackend& backend, LogSink& log, Counters& counters) noexcept;

  [[nodiscard]] const Capabilities& capabilities() const noexcept {
    return backend_.capabilities();
  }
  [[nodiscard]] std::string_view name() const noexcept { return backend_.name(); }
  // Whether the last such call that told anything of the store failed.
  [[nodiscard]] bool reads_fail() const noexcept { return reads_.down; }
  [[nodiscard]] bool writes_fail() const noexcept { return writes_.down; }

  [[nodiscard]] awaitable<Result<std::optional<Found>>> get(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Result<PutOutcome>> put(Entry entry, Deadline deadline);
  [[nodiscard]] awaitable<Result<bool>> erase(const Key& key, Deadline deadline);
  // Makes it stale now.
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline);
  [[nodiscard]] awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline);
  [[nodiscard]] awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline);

 private:
  // Reads and writes fail apart (a full store still answers), so each has its own state:
  // one for both would change, and log, with every call.
  struct Health {
    std::string_view direction;
    std::atomic<bool> down{false};
  };

  void note(Health& health, const Error* error) noexcept;
  template <typename T>
  void note(Health& health, const Result<T>& result) noexcept {
    note(health, result ? nullptr : &result.error());
  }

  CacheBackend& backend_;
  LogSink& log_;
  Counters& counters_;
  Health reads_{.direction = "reads"};
  Health writes_{.direction = "writes"};
};

}  // namespace larder

// ResultCache: upstream results in the Cache, never across authorization contexts.
//
// What is shared ("public") is stored under a key without a principal, all else under the
// asker's. Where the scope is known only from the answer (lists and reads), the shared
// entry is looked for first, and a load that turns out to be shared is stored there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <larder/cache/cache.hpp>
#include <larder/mcp/policy.hpp>

#include "engine/cache_status.hpp"
#include "engine/stored_result.hpp"

namespace larder::gateway {

// What the upstream answered, and what may be done with it.
struct Received {
  ResultForm form = ResultForm::personal;
  std::string type = "complete";
  std::string body;
  milliseconds ttl{0};  // granted; 0 = not stored
  bool store = false;   // else it only answers those who wait
};

using Fetch = std::function<awaitable<Result<Received>>(Deadline deadline)>;

struct Fetched {
  StoredResult result;
  milliseconds ttl_left{0};  // 0 or below: stale, or not to be kept
  CacheNote note;
};

struct ResultQuery {
  mcp::KeyFacts facts;  // without the principal
  std::string_view principal;
  std::optional<mcp::CacheScope> scope;  // nullopt: the answer decides
  milliseconds stale_if_error{0};
  milliseconds load_deadline{30'000};
  std::vector<Tag> tags;
};

class ResultCache {
 public:
  // With a backend that keeps no values every query is fetched.
  ResultCache(CacheBackend& backend, Clock& clock, LogSink& log, std::size_t value_bytes_max);

  // The fresh result that is stored, if there is one. Costs less than load(), which need
  // only be prepared when this found nothing.
  [[nodiscard]] awaitable<std::optional<Fetched>> find(const ResultQuery& query);

  // The stored result, or the one `fetch` brings; callers of the same key at once share
  // one fetch. `fetch` may outlive this call and owns what it needs. An error means that
  // the upstream gave no answer.
  [[nodiscard]] awaitable<Result<Fetched>> load(const ResultQuery& query, Fetch fetch);

  // Failures are logged and counted; the caller has nothing better to do.
  [[nodiscard]] awaitable<void> invalidate(std::vector<Tag> tags);

  [[nodiscard]] CacheStats stats() const noexcept { return cache_.stats(); }
  [[nodiscard]] awaitable<void> close() { return cache_.close(); }

 private:
  [[nodiscard]] awaitable<Result<Fetched>> fetch_uncached(const ResultQuery& query, Fetch fetch);

  CacheBackend& backend_;
  Clock& clock_;
  LogSink& log_;
  std::size_t value_bytes_max_;
  Cache cache_;
};

}  // namespace larder::gateway

#include "engine/result_cache.hpp"

#include <utility>

namespace larder::gateway {
namespace {

constexpr std::string_view kNamespace = "result";
constexpr milliseconds kStoreDeadline{500};

Key result_key(mcp::KeyFacts facts, mcp::CacheScope scope, std::string_view principal) {
  facts.principal = scope == mcp::CacheScope::shared ? std::string_view() : principal;
  return Key::literal(kNamespace, mcp::key_id(facts));
}

Result<Fetched> open_answer(const Answer& answer) {
  if (!answer.value) {
    return fail(Errc::corrupt, "stored result: no value");
  }
  auto result = decode_result(*answer.value);
  if (!result) {
    return fail(Errc::corrupt, "stored result: not readable");
  }
  // What could not be stored is passed on with the life its upstream gave it.
  const bool counted =
      answer.stored || answer.source == Source::store || answer.source == Source::stale;
  const milliseconds left = counted ? answer.fresh_left : result->ttl;
  return Fetched{.result = *std::move(result), .ttl_left = left, .note = note_of(answer)};
}

// The loader: stores what may be stored, shared results under the key that all share.
Loader make_loader(Fetch fetch, Key shared_key) {
  return [fetch = std::move(fetch), shared_key = std::move(shared_key)](
             const LoadContext& context) -> awaitable<Result<Loaded>> {
    const auto received = co_await fetch(context.deadline);
    if (!received) {
      co_return std::unexpected(received.error());
    }
    co_return Loaded{
        .value = encode_result(received->form, received->type, received->ttl, received->body),
        .ttl = received->ttl,
        .store = received->store,
        .key = received->form == ResultForm::shared ? std::optional(shared_key) : std::nullopt};
  };
}

}  // namespace

ResultCache::ResultCache(CacheBackend& backend, Clock& clock, LogSink& log,
                         std::size_t value_bytes_max)
    : backend_(backend),
      clock_(clock),
      log_(log),
      value_bytes_max_(value_bytes_max),
      cache_(backend, clock, log) {}

awaitable<std::optional<Fetched>> ResultCache::find(const ResultQuery& query) {
  if (!backend_.capabilities().values) {
    co_return std::nullopt;
  }
  const Deadline deadline = clock_.in(kStoreDeadline);
  for (const mcp::CacheScope scope : {mcp::CacheScope::shared, mcp::CacheScope::personal}) {
    if (query.scope && *query.scope != scope) {
      continue;
    }
    const auto found =
        co_await cache_.get(result_key(query.facts, scope, query.principal), deadline);
    if (!found || !*found) {
      continue;
    }
    if (auto opened = open_answer(**found)) {
      co_return *std::move(opened);
    }
  }
  co_return std::nullopt;
}

awaitable<Result<Fetched>> ResultCache::load(const ResultQuery& query, Fetch fetch) {
  if (!backend_.capabilities().values) {
    co_return co_await fetch_uncached(query, std::move(fetch));
  }
  const Key shared_key = result_key(query.facts, mcp::CacheScope::shared, query.principal);
  const Key key = query.scope == mcp::CacheScope::shared
                      ? shared_key
                      : result_key(query.facts, mcp::CacheScope::personal, query.principal);
  const Policy policy{.ttl_jitter = 0,
                      .stale_if_error = query.stale_if_error,
                      .load_deadline = query.load_deadline,
                      .store_deadline = kStoreDeadline,
                      .tags = query.tags,
                      .value_bytes_max = value_bytes_max_};
  const auto answer =
      co_await cache_.get_or_load(key, policy, make_loader(std::move(fetch), shared_key));
  if (!answer) {
    co_return std::unexpected(answer.error());
  }
  co_return open_answer(*answer);
}

awaitable<Result<Fetched>> ResultCache::fetch_uncached(const ResultQuery& query, Fetch fetch) {
  auto received = co_await fetch(clock_.in(query.load_deadline));
  if (!received) {
    co_return std::unexpected(received.error());
  }
  co_return Fetched{.result = {.form = received->form,
                               .type = std::move(received->type),
                               .ttl = received->ttl,
                               .body = Bytes(std::move(received->body))},
                    .ttl_left = received->ttl,
                    .note = {.outcome = CacheOutcome::bypass, .detail = "off"}};
}

awaitable<void> ResultCache::invalidate(std::vector<Tag> tags) {
  if (!backend_.capabilities().values) {
    co_return;
  }
  const auto done = co_await cache_.invalidate(tags, clock_.in(kStoreDeadline));
  if (!done) {
    log_.warning("cache", "an invalidation did not reach the store",
                 {{"error", done.error().message()}, {"tag", tags.front().text()}});
  }
}

}  // namespace larder::gateway

// TypedCache: one kind of value in a Cache, as values of a type instead of bytes.
//
//   TypedCache<Forecast, RawFormat<Forecast>> forecasts(
//       cache, Policy{.ttl = 5min}, RawFormat<Forecast>("weather.forecast", 1));
//   auto answer = co_await forecasts.get_or_load(key, loader);
//
// It adds types to Cache and nothing else: one load per key, stale answers, tags and errors
// are as cache.hpp says. A stored value that is not of the format, or no longer decodes, is a
// miss and is loaded anew: a release that changes the type needs no empty store.
//
// Any thread. The cache outlives it; it outlives its calls.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <larder/cache/cache.hpp>
#include <larder/cache/typed_coding.hpp>
#include <larder/cache/typed_values.hpp>
#include <larder/cache/value_format.hpp>

namespace larder {

template <typename T, FormatFor<T> F>
class TypedCache {
 public:
  // Policy::readable is replaced.
  TypedCache(Cache& cache, Policy policy, F format = F())
      : cache_(cache),
        coding_(std::move(format)),
        policy_(std::move(policy)),
        strict_(strict(policy_, coding_)) {}
  TypedCache(const TypedCache&) = delete;
  TypedCache& operator=(const TypedCache&) = delete;

  // Whether policy and format can be used with this store. Ask at start-up.
  [[nodiscard]] Result<void> check() const {
    if (auto valid = check_format(coding_.id()); !valid) {
      return valid;
    }
    return cache_.check_policy(policy_);
  }

  // nullopt also for a value that does not decode.
  [[nodiscard]] awaitable<Result<std::optional<TypedAnswer<T>>>> get(const Key& key,
                                                                     Deadline deadline);

  // Errc::invalid_argument where the format refuses the value.
  [[nodiscard]] awaitable<Result<bool>> put(const Key& key, const T& value, Deadline deadline);

  [[nodiscard]] awaitable<Result<bool>> erase(const Key& key, Deadline deadline) {
    return cache_.erase(key, deadline);
  }
  [[nodiscard]] awaitable<Result<bool>> expire(const Key& key, Deadline deadline) {
    return cache_.expire(key, deadline);
  }

  // Errc::corrupt where another type's load of the same key is joined twice in a row.
  [[nodiscard]] awaitable<Result<TypedAnswer<T>>> get_or_load(const Key& key,
                                                              TypedLoader<T> loader);

  // A result for each key, in their order. The loader is called a second time for keys whose
  // stored value does not decode.
  [[nodiscard]] awaitable<Batch<TypedAnswer<T>>> get_or_load_many(std::span<const Key> keys,
                                                                  TypedManyLoader<T> loader);

  [[nodiscard]] awaitable<Result<void>> clear(std::string_view name_space, Deadline deadline) {
    return cache_.clear(name_space, deadline);
  }
  [[nodiscard]] awaitable<Result<void>> invalidate(std::span<const Tag> tags, Deadline deadline) {
    return cache_.invalidate(tags, deadline);
  }
  // With what get_or_load would do next under its policy.
  [[nodiscard]] awaitable<Result<Explanation>> explain(const Key& key, Deadline deadline) {
    return cache_.explain(key, strict_, deadline);
  }

  // Values met that did not decode. Each is a hit to the Cache; the second look that
  // get_or_load then takes is one of its misses_unreadable.
  [[nodiscard]] std::uint64_t unreadable() const noexcept {
    return unreadable_.load(std::memory_order_relaxed);
  }

 private:
  using Coding = TypedCoding<T, F>;

  // After a cancellation a further co_await would throw.
  static bool is_cancelled(const boost::asio::cancellation_state& caller) noexcept {
    return caller.cancelled() != boost::asio::cancellation_type::none;
  }
  static Policy strict(Policy policy, const Coding& coding);

  // nullopt for what does not decode and is to be loaded anew.
  std::optional<Result<TypedAnswer<T>>> first_look(Result<Answer> answer);
  // Counts what does not decode.
  Result<TypedAnswer<T>> typed(Result<Answer> answer);

  Cache& cache_;
  const Coding coding_;
  const Policy policy_;
  // The same, refusing what does not decode. Not used for the first look, since it decodes
  // every hit twice.
  const Policy strict_;
  std::atomic<std::uint64_t> unreadable_{0};
};

// ---- definitions ----

template <typename T, FormatFor<T> F>
awaitable<Result<std::optional<TypedAnswer<T>>>> TypedCache<T, F>::get(const Key& key,
                                                                       Deadline deadline) {
  auto answer = co_await cache_.get(key, deadline);
  if (!answer) {
    co_return std::unexpected(std::move(answer).error());
  }
  if (!*answer) {
    co_return std::nullopt;
  }
  auto value = typed(**std::move(answer));
  if (!value) {
    co_return std::nullopt;
  }
  co_return *std::move(value);
}

template <typename T, FormatFor<T> F>
awaitable<Result<bool>> TypedCache<T, F>::put(const Key& key, const T& value, Deadline deadline) {
  auto stored = coding_.encode(value);
  if (!stored) {
    co_return fail(Errc::invalid_argument, stored.error().context());
  }
  co_return co_await cache_.put(key, *std::move(stored), policy_, deadline);
}

template <typename T, FormatFor<T> F>
awaitable<Result<TypedAnswer<T>>> TypedCache<T, F>::get_or_load(const Key& key,
                                                                TypedLoader<T> loader) {
  const Loader load = coding_.untyped(std::move(loader));
  auto value = first_look(co_await cache_.get_or_load(key, policy_, load));
  if (!value && is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    value = fail(Errc::cancelled, "the caller cancelled");
  }
  if (value) {
    co_return *std::move(value);
  }
  co_return typed(co_await cache_.get_or_load(key, strict_, load));
}

template <typename T, FormatFor<T> F>
awaitable<Batch<TypedAnswer<T>>> TypedCache<T, F>::get_or_load_many(std::span<const Key> keys,
                                                                    TypedManyLoader<T> loader) {
  const ManyLoader load = coding_.untyped(std::move(loader));
  auto answers = co_await cache_.get_or_load_many(keys, policy_, load);
  Batch<TypedAnswer<T>> values;
  values.reserve(keys.size());
  std::vector<Key> again;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto value = first_look(std::move(answers[i]))) {
      values.push_back(*std::move(value));
      continue;
    }
    values.push_back(fail(Errc::cancelled, "the caller cancelled"));
    again.push_back(keys[i]);
    places.push_back(i);
  }
  if (again.empty() || is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
    co_return values;
  }
  auto anew = co_await cache_.get_or_load_many(again, strict_, load);
  for (std::size_t i = 0; i < again.size(); ++i) {
    values[places[i]] = typed(std::move(anew[i]));
  }
  co_return values;
}

template <typename T, FormatFor<T> F>
std::optional<Result<TypedAnswer<T>>> TypedCache<T, F>::first_look(Result<Answer> answer) {
  if (!answer) {
    return std::unexpected(std::move(answer).error());
  }
  const std::optional<Error> failure = answer->failure;
  auto value = typed(std::move(answer));
  if (value) {
    return value;
  }
  if (failure) {
    // Loading was tried a moment ago.
    return std::unexpected(*failure);
  }
  return std::nullopt;
}

template <typename T, FormatFor<T> F>
Policy TypedCache<T, F>::strict(Policy policy, const Coding& coding) {
  policy.readable = [coding](const Bytes& stored) { return coding.decode(stored).has_value(); };
  return policy;
}

template <typename T, FormatFor<T> F>
Result<TypedAnswer<T>> TypedCache<T, F>::typed(Result<Answer> answer) {
  if (!answer) {
    return std::unexpected(std::move(answer).error());
  }
  auto value = coding_.typed(*std::move(answer));
  if (!value) {
    unreadable_.fetch_add(1, std::memory_order_relaxed);
  }
  return value;
}

}  // namespace larder

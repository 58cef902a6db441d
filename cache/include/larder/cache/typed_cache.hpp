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
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <larder/cache/cache.hpp>
#include <larder/cache/value_format.hpp>

namespace larder {

// As Answer.
template <typename T>
struct TypedAnswer {
  std::optional<T> value;  // nullopt: a known absence
  milliseconds fresh_left{0};
  Source source = Source::store;
  MissCause cause = MissCause::none;
  bool stored = false;
  std::optional<Error> failure{};
};

// As Loaded.
template <typename T>
struct TypedLoaded {
  std::optional<T> value;  // nullopt: there is nothing under this key
  std::optional<milliseconds> ttl{};
  std::optional<milliseconds> stale_if_error{};
  bool store = true;
  std::optional<Key> key{};
};

template <typename T>
struct TypedLoadContext {
  const LoadContext& untyped;  // alive until the loader has ended
  std::optional<T> stale{};    // the outdated value, if one is at hand
};

// As Loader.
template <typename T>
using TypedLoader = std::function<awaitable<Result<TypedLoaded<T>>>(const TypedLoadContext<T>&)>;

template <typename T, FormatFor<T> F>
class TypedCache {
 public:
  // Policy::readable is replaced.
  TypedCache(Cache& cache, Policy policy, F format = F())
      : cache_(cache),
        format_(std::move(format)),
        policy_(std::move(policy)),
        strict_(strict(policy_, format_)) {}
  TypedCache(const TypedCache&) = delete;
  TypedCache& operator=(const TypedCache&) = delete;

  // Whether policy and format can be used with this store. Ask at start-up.
  [[nodiscard]] Result<void> check() const {
    if (auto valid = check_format(format_.id()); !valid) {
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

  // Values met that did not decode. Each is a hit to the Cache; the second look that
  // get_or_load then takes is one of its misses_unreadable.
  [[nodiscard]] std::uint64_t unreadable() const noexcept {
    return unreadable_.load(std::memory_order_relaxed);
  }

 private:
  static Policy strict(Policy policy, const F& format);
  static Loader untyped(TypedLoader<T> loader, F format);
  static Result<Bytes> encode(const F& format, const T& value);
  static Result<T> decode(const F& format, const Bytes& stored);

  // Counts what does not decode.
  Result<TypedAnswer<T>> typed(Answer answer);

  Cache& cache_;
  const F format_;
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
  auto stored = encode(format_, value);
  if (!stored) {
    co_return fail(Errc::invalid_argument, stored.error().context());
  }
  co_return co_await cache_.put(key, *std::move(stored), policy_, deadline);
}

template <typename T, FormatFor<T> F>
awaitable<Result<TypedAnswer<T>>> TypedCache<T, F>::get_or_load(const Key& key,
                                                                TypedLoader<T> loader) {
  const Loader load = loader ? untyped(std::move(loader), format_) : Loader();
  auto answer = co_await cache_.get_or_load(key, policy_, load);
  if (!answer) {
    co_return std::unexpected(std::move(answer).error());
  }
  const std::optional<Error> failure = answer->failure;
  auto value = typed(*std::move(answer));
  if (value) {
    co_return value;
  }
  if (failure) {
    // Loading was tried a moment ago.
    co_return std::unexpected(*failure);
  }
  auto anew = co_await cache_.get_or_load(key, strict_, load);
  if (!anew) {
    co_return std::unexpected(std::move(anew).error());
  }
  co_return typed(*std::move(anew));
}

template <typename T, FormatFor<T> F>
Policy TypedCache<T, F>::strict(Policy policy, const F& format) {
  policy.readable = [format](const Bytes& stored) { return decode(format, stored).has_value(); };
  return policy;
}

template <typename T, FormatFor<T> F>
Loader TypedCache<T, F>::untyped(TypedLoader<T> loader, F format) {
  return [loader = std::move(loader),
          format = std::move(format)](const LoadContext& context) -> awaitable<Result<Loaded>> {
    TypedLoadContext<T> typed{.untyped = context};
    if (context.stale && context.stale->entry->presence() == Presence::value) {
      if (auto stale = decode(format, value_of(context.stale->entry))) {
        typed.stale = *std::move(stale);
      }
    }
    auto brought = co_await loader(typed);
    if (!brought) {
      co_return std::unexpected(std::move(brought).error());
    }
    Loaded loaded{.value = std::nullopt,
                  .ttl = brought->ttl,
                  .stale_if_error = brought->stale_if_error,
                  .store = brought->store,
                  .key = std::move(brought->key)};
    if (brought->value) {
      auto stored = encode(format, *brought->value);
      if (!stored) {
        co_return std::unexpected(std::move(stored).error());
      }
      loaded.value = *std::move(stored);
    }
    co_return loaded;
  };
}

template <typename T, FormatFor<T> F>
Result<Bytes> TypedCache<T, F>::encode(const F& format, const T& value) try {
  std::string stored = typed_head(format.id());
  if (auto written = format.encode(value, stored); !written) {
    return std::unexpected(std::move(written).error());
  }
  return Bytes(std::move(stored));
} catch (const std::exception& failure) {
  return fail(Errc::load_failed, std::string("encode threw: ") + failure.what());
} catch (...) {
  return fail(Errc::load_failed, "encode threw something");
}

template <typename T, FormatFor<T> F>
Result<T> TypedCache<T, F>::decode(const F& format, const Bytes& stored) try {
  auto body = typed_body(format.id(), stored);
  if (!body) {
    return std::unexpected(std::move(body).error());
  }
  return format.decode(*body);
} catch (...) {
  return fail(Errc::corrupt, "decode threw");
}

template <typename T, FormatFor<T> F>
Result<TypedAnswer<T>> TypedCache<T, F>::typed(Answer answer) {
  TypedAnswer<T> typed{.value = std::nullopt,
                       .fresh_left = answer.fresh_left,
                       .source = answer.source,
                       .cause = answer.cause,
                       .stored = answer.stored,
                       .failure = std::move(answer.failure)};
  if (answer.value) {
    auto value = decode(format_, *answer.value);
    if (!value) {
      unreadable_.fetch_add(1, std::memory_order_relaxed);
      return fail(Errc::corrupt, value.error().context());
    }
    typed.value = *std::move(value);
  }
  return typed;
}

}  // namespace larder

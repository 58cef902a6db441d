// TypedCoding: between the values of a TypedCache and the bytes of its Cache.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include <larder/cache/typed_values.hpp>
#include <larder/cache/value_format.hpp>

namespace larder {

// Any thread. Copies are cheap where those of the format are.
template <typename T, FormatFor<T> F>
class TypedCoding {
 public:
  explicit TypedCoding(F format) : format_(std::move(format)) {}

  [[nodiscard]] FormatId id() const { return format_.id(); }
  // Head and value. What the format throws is Errc::load_failed.
  [[nodiscard]] Result<Bytes> encode(const T& value) const;
  // Errc::corrupt, or the format's error, for what is no such value.
  [[nodiscard]] Result<T> decode(const Bytes& stored) const;
  // Errc::corrupt where the value does not decode.
  [[nodiscard]] Result<TypedAnswer<T>> typed(Answer answer) const;

  // The loader for the Cache; empty for an empty one.
  [[nodiscard]] Loader untyped(TypedLoader<T> loader) const;
  [[nodiscard]] ManyLoader untyped(TypedManyLoader<T> loader) const;

 private:
  [[nodiscard]] std::optional<T> shown(const std::optional<Found>& stale) const;
  [[nodiscard]] Result<Loaded> untyped(Result<TypedLoaded<T>> brought, bool was_shown) const;

  F format_;
};

template <typename T, FormatFor<T> F>
Result<Bytes> TypedCoding<T, F>::encode(const T& value) const try {
  std::string stored = typed_head(format_.id());
  if (auto written = format_.encode(value, stored); !written) {
    return std::unexpected(std::move(written).error());
  }
  return Bytes(std::move(stored));
} catch (const std::exception& failure) {
  return fail(Errc::load_failed, std::string("encode threw: ") + failure.what());
} catch (...) {
  return fail(Errc::load_failed, "encode threw something");
}

template <typename T, FormatFor<T> F>
Result<T> TypedCoding<T, F>::decode(const Bytes& stored) const try {
  auto body = typed_body(format_.id(), stored);
  if (!body) {
    return std::unexpected(std::move(body).error());
  }
  return format_.decode(*body);
} catch (...) {
  return fail(Errc::corrupt, "decode threw");
}

template <typename T, FormatFor<T> F>
Result<TypedAnswer<T>> TypedCoding<T, F>::typed(Answer answer) const {
  TypedAnswer<T> typed{.value = std::nullopt,
                       .fresh_left = answer.fresh_left,
                       .source = answer.source,
                       .cause = answer.cause,
                       .stored = answer.stored,
                       .failure = std::move(answer.failure)};
  if (answer.value) {
    auto value = decode(*answer.value);
    if (!value) {
      return fail(Errc::corrupt, value.error().context());
    }
    typed.value = *std::move(value);
  }
  return typed;
}

template <typename T, FormatFor<T> F>
std::optional<T> TypedCoding<T, F>::shown(const std::optional<Found>& stale) const {
  if (stale && stale->entry->presence() == Presence::value) {
    if (auto value = decode(value_of(stale->entry))) {
      return *std::move(value);
    }
  }
  return std::nullopt;
}

template <typename T, FormatFor<T> F>
Result<Loaded> TypedCoding<T, F>::untyped(Result<TypedLoaded<T>> brought, bool was_shown) const {
  if (!brought) {
    return std::unexpected(std::move(brought).error());
  }
  if (brought->not_modified && !was_shown) {
    return fail(Errc::load_failed, "the loader says not modified, but was shown no value");
  }
  Loaded loaded{.value = std::nullopt,
                .ttl = brought->ttl,
                .stale_if_error = brought->stale_if_error,
                .store = brought->store,
                .key = std::move(brought->key),
                .not_modified = brought->not_modified};
  if (brought->value && !brought->not_modified) {
    auto stored = encode(*brought->value);
    if (!stored) {
      return std::unexpected(std::move(stored).error());
    }
    loaded.value = *std::move(stored);
  }
  return loaded;
}

template <typename T, FormatFor<T> F>
Loader TypedCoding<T, F>::untyped(TypedLoader<T> loader) const {
  if (!loader) {
    return nullptr;
  }
  return [coding = *this,
          loader = std::move(loader)](const LoadContext& context) -> awaitable<Result<Loaded>> {
    const TypedLoadContext<T> typed{.untyped = context, .stale = coding.shown(context.stale)};
    auto brought = co_await loader(typed);
    co_return coding.untyped(std::move(brought), typed.stale.has_value());
  };
}

template <typename T, FormatFor<T> F>
ManyLoader TypedCoding<T, F>::untyped(TypedManyLoader<T> loader) const {
  if (!loader) {
    return nullptr;
  }
  return [coding = *this,
          loader = std::move(loader)](const ManyLoadContext& context) -> awaitable<Batch<Loaded>> {
    TypedManyLoadContext<T> typed{.untyped = context, .keys = context.keys};
    for (const auto& stale : context.stale) {
      typed.stale.push_back(coding.shown(stale));
    }
    auto brought = co_await loader(typed);
    // Another number of results than keys is refused by the Cache.
    Batch<Loaded> loaded;
    loaded.reserve(brought.size());
    for (std::size_t i = 0; i < brought.size(); ++i) {
      const bool was_shown = i < typed.stale.size() && typed.stale[i];
      loaded.push_back(coding.untyped(std::move(brought[i]), was_shown));
    }
    co_return loaded;
  };
}

}  // namespace larder

// What goes into a TypedCache and comes out of it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <larder/cache/policy.hpp>

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
  // True: the value that was shown as stale is still right. An error where none was shown,
  // which is also so where there was an entry but it did not decode.
  bool not_modified = false;
};

template <typename T>
struct TypedLoadContext {
  const LoadContext& untyped;  // alive until the loader has ended
  std::optional<T> stale{};    // the outdated value, if one is at hand

  // As LoadContext::add_tags.
  [[nodiscard]] awaitable<Result<void>> add_tags(std::vector<Tag> tags) const {
    return untyped.add_tags(std::move(tags));
  }
};

// As Loader.
template <typename T>
using TypedLoader = std::function<awaitable<Result<TypedLoaded<T>>>(const TypedLoadContext<T>&)>;

template <typename T>
struct TypedManyLoadContext {
  const ManyLoadContext& untyped;         // alive until the loader has ended
  std::span<const Key> keys{};            // to be loaded; each once
  std::vector<std::optional<T>> stale{};  // one for each key

  // As ManyLoadContext::add_tags.
  [[nodiscard]] awaitable<Result<void>> add_tags(std::vector<Tag> tags) const {
    return untyped.add_tags(std::move(tags));
  }
};

// As ManyLoader.
template <typename T>
using TypedManyLoader =
    std::function<awaitable<Batch<TypedLoaded<T>>>(const TypedManyLoadContext<T>&)>;

}  // namespace larder

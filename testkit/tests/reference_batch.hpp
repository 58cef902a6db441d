// How the reference store runs a call: once it has reached the store, all of it under one mutex.
#pragma once

#include "reference_store.hpp"

namespace larder::testkit {

template <typename T, typename Item, typename One>
awaitable<Batch<T>> ReferenceBackend::each(std::span<const Item> items, Deadline deadline,
                                           One one) {
  if (const auto error = co_await reach(deadline)) {
    co_return fail_all<T>(items.size(), *error);
  }
  const std::lock_guard lock(mutex_);
  if (const auto error = refusal(items.size(), deadline)) {
    co_return fail_all<T>(items.size(), *error);
  }
  Batch<T> answers;
  answers.reserve(items.size());
  for (const Item& item : items) {
    answers.push_back(one(item));
  }
  co_return answers;
}

template <typename T, typename One>
awaitable<Result<T>> ReferenceBackend::once(Deadline deadline, One one) {
  if (auto error = co_await reach(deadline)) {
    co_return std::unexpected(std::move(*error));
  }
  const std::lock_guard lock(mutex_);
  if (auto error = refusal(1, deadline)) {
    co_return std::unexpected(std::move(*error));
  }
  co_return one();
}

}  // namespace larder::testkit

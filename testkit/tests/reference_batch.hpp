// How the reference store runs a call: all of it under one mutex.
#pragma once

#include "reference_store.hpp"

namespace larder::testkit {

template <typename T, typename Item, typename One>
Batch<T> ReferenceBackend::each(std::span<const Item> items, Deadline deadline, One one) {
  const std::lock_guard lock(mutex_);
  if (const auto error = refusal(items.size(), deadline)) {
    return fail_all<T>(items.size(), *error);
  }
  Batch<T> answers;
  answers.reserve(items.size());
  for (const Item& item : items) {
    answers.push_back(one(item));
  }
  return answers;
}

template <typename T, typename One>
Result<T> ReferenceBackend::once(Deadline deadline, One one) {
  const std::lock_guard lock(mutex_);
  if (auto error = refusal(1, deadline)) {
    return std::unexpected(std::move(*error));
  }
  return one();
}

}  // namespace larder::testkit

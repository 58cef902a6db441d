#include "failures.hpp"

#include <utility>

namespace larder {

void Failures::remember(const Key& key, Error error, SteadyTime until, SteadyTime now) {
  if (failures_.size() >= kMax) {
    std::erase_if(failures_, [now](const auto& one) { return one.second.until <= now; });
  }
  if (failures_.size() >= kMax) {
    failures_.erase(failures_.begin());
  }
  failures_.insert_or_assign(key, Failure{.error = std::move(error), .until = until});
}

void Failures::forget(const Key& key) { failures_.erase(key); }

std::optional<Error> Failures::of(const Key& key, SteadyTime now) const {
  const auto place = failures_.find(key);
  if (place == failures_.end() || place->second.until <= now) {
    return std::nullopt;
  }
  return place->second.error;
}

}  // namespace larder

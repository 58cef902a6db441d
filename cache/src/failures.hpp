// Failures: the errors of loads that failed a moment ago, so that the callers who come next
// do not each try again.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/key.hpp>

namespace larder {

// Guarded by whoever has one.
class Failures {
 public:
  static constexpr std::size_t kMax = 256;

  // Where it is full and nothing has run out, some other failure is forgotten.
  void remember(const Key& key, Error error, SteadyTime until, SteadyTime now);
  void forget(const Key& key);
  [[nodiscard]] std::optional<Error> of(const Key& key, SteadyTime now) const;

 private:
  struct Failure {
    Error error;
    SteadyTime until;
  };
  std::unordered_map<Key, Failure> failures_;
};

}  // namespace larder

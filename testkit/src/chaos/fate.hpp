// What happens to one call, by seed and number.
#pragma once

#include <cstdint>
#include <optional>

#include <larder/testkit/chaos_backend.hpp>

namespace larder::testkit {

struct Fate {
  std::optional<ChaosError> error{};
  bool reply_is_lost = false;
  bool hangs = false;
  milliseconds delay{0};
  bool notice_is_lost = false;
};

// The same for the same arguments. `call` counts from 0.
[[nodiscard]] Fate fate_of(const ChaosOptions& options, std::uint64_t seed, std::uint64_t call);

}  // namespace larder::testkit

// Durations and sizes as people write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <larder/clock.hpp>

namespace larder::gateway {

// "500ms", "60s", "5m", "1h": a whole number and a unit. nullopt for anything else, or
// what does not fit.
[[nodiscard]] std::optional<milliseconds> parse_duration(std::string_view text) noexcept;

// "512B", "64KiB", "16MiB", "2GiB". nullopt for anything else, or what does not fit.
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text) noexcept;

}  // namespace larder::gateway

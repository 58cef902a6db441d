// Durations and sizes as people write them, in configurations and URLs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <larder/clock.hpp>

namespace larder {

// "500ms", "60s", "5m", "1h": a whole number and a unit. nullopt for anything else, or for
// more than ten years.
[[nodiscard]] std::optional<milliseconds> parse_duration(std::string_view text) noexcept;

// "512B", "64KiB", "16MiB", "2GiB". nullopt for anything else, or for more than a pebibyte.
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text) noexcept;

// The same texts, in the largest unit that takes no fraction. Spans are not negative.
[[nodiscard]] std::string duration_text(milliseconds span);
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace larder

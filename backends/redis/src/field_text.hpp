// The texts of fields: numbers, spans of time, sizes, words. What is wrong is answered as
// Errc::invalid_argument that says what was expected, without the text itself.
#pragma once

#include <cstdint>
#include <string_view>

#include <larder/clock.hpp>
#include <larder/error.hpp>

namespace larder::redis {

// Bounds are included.
[[nodiscard]] Result<std::uint64_t> read_number(std::string_view text, std::uint64_t min,
                                                std::uint64_t max);

// With a unit: 500ms, 60s, 5m, 1h. The bounds are included.
[[nodiscard]] Result<milliseconds> read_span(std::string_view text, milliseconds min,
                                             milliseconds max);

// With a unit: 512B, 64KiB, 16MiB, 2GiB. The bounds are included.
[[nodiscard]] Result<std::uint64_t> read_size(std::string_view text, std::uint64_t min,
                                              std::uint64_t max);

// "true" or "false".
[[nodiscard]] Result<bool> read_flag(std::string_view text);

}  // namespace larder::redis

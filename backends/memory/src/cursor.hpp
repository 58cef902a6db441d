// Where a scan goes on, as text: the first place that was not visited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::memory {

[[nodiscard]] std::string cursor_text(std::uint64_t place);
// nullopt where cursor_text() did not write it.
[[nodiscard]] std::optional<std::uint64_t> parse_cursor(std::string_view text);

}  // namespace larder::memory

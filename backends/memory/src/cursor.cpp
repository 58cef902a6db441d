#include "cursor.hpp"

#include <charconv>

namespace larder::memory {

std::string cursor_text(std::uint64_t place) { return std::to_string(place); }

std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  std::uint64_t place = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, place);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return std::nullopt;
  }
  return place;
}

}  // namespace larder::memory

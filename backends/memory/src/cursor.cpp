#include "cursor.hpp"

#include <charconv>

namespace larder::memory {

std::string ScanCursor::text() const { return std::to_string(shard) + "." + std::to_string(hash); }

std::optional<ScanCursor> ScanCursor::parse(std::string_view text) {
  ScanCursor cursor;
  const char* const end = text.data() + text.size();
  const auto shard = std::from_chars(text.data(), end, cursor.shard);
  if (shard.ec != std::errc() || shard.ptr == end || *shard.ptr != '.') {
    return std::nullopt;
  }
  const auto hash = std::from_chars(shard.ptr + 1, end, cursor.hash);
  if (hash.ec != std::errc() || hash.ptr != end) {
    return std::nullopt;
  }
  return cursor;
}

}  // namespace larder::memory

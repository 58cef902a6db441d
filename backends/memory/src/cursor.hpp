// Where a scan goes on: a shard and the first hash in it that was not visited, as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::memory {

struct ScanCursor {
  std::size_t shard = 0;
  std::uint64_t hash = 0;

  [[nodiscard]] std::string text() const;
  // nullopt where text() did not write it.
  [[nodiscard]] static std::optional<ScanCursor> parse(std::string_view text);
};

}  // namespace larder::memory

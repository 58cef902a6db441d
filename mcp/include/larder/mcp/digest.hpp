// SHA-256 and HMAC-SHA-256, as texts fit for keys.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace larder::mcp {

using Digest = std::array<unsigned char, 32>;

[[nodiscard]] Digest sha256(std::string_view text);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view text);

// 43 characters of [A-Za-z0-9_-].
[[nodiscard]] std::string base64url(const Digest& digest);

}  // namespace larder::mcp

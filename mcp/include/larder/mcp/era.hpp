// Protocol revisions and the two eras they fall into.
//
// Modern revisions (2026-07-28) are stateless: every request carries its version and the
// client's capabilities in params._meta. Legacy revisions (2025-11-25 and older) open a
// session with an `initialize` handshake.
// Source: MCP 2026-07-28 basic/versioning; 2025-11-25 basic/lifecycle.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace larder::mcp {

enum class Era : std::uint8_t { legacy, modern };

inline constexpr std::string_view kModernVersion = "2026-07-28";
inline constexpr std::string_view kLatestLegacyVersion = "2025-11-25";
// What a legacy request without an MCP-Protocol-Version header is taken to speak.
inline constexpr std::string_view kAssumedLegacyVersion = "2025-03-26";

// Newest first.
inline constexpr std::array<std::string_view, 4> kSupportedVersions = {"2026-07-28", "2025-11-25",
                                                                       "2025-06-18", "2025-03-26"};

// The era of a version we support; nullopt for any other text.
[[nodiscard]] std::optional<Era> era_of(std::string_view version) noexcept;

// What a server answers to `initialize`: the client's version if we speak it as a legacy
// one, else our newest legacy version (2025-11-25 lifecycle, version negotiation).
[[nodiscard]] std::string_view negotiate_legacy(std::string_view requested) noexcept;

}  // namespace larder::mcp

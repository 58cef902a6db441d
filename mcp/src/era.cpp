#include <larder/mcp/era.hpp>

#include <algorithm>

namespace larder::mcp {

std::optional<Era> era_of(std::string_view version) noexcept {
  if (version == kModernVersion) {
    return Era::modern;
  }
  return std::ranges::find(kSupportedVersions, version) != kSupportedVersions.end()
             ? std::optional(Era::legacy)
             : std::nullopt;
}

std::string_view negotiate_legacy(std::string_view requested) noexcept {
  const auto found = std::ranges::find(kSupportedVersions, requested);
  // The table's own text, which outlives the request.
  return found != kSupportedVersions.end() && *found != kModernVersion ? *found
                                                                       : kLatestLegacyVersion;
}

}  // namespace larder::mcp

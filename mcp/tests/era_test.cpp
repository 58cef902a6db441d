#include <larder/mcp/era.hpp>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

TEST(EraOf, knows_the_supported_versions_and_no_other) {
  EXPECT_EQ(era_of("2026-07-28"), Era::modern);
  for (const std::string_view version : {"2025-11-25", "2025-06-18", "2025-03-26"}) {
    EXPECT_EQ(era_of(version), Era::legacy) << version;
  }
  for (const std::string_view version : {"", "2024-11-05", "2026-07-29", "2025-11-25 "}) {
    EXPECT_EQ(era_of(version), std::nullopt) << version;
  }
}

TEST(NegotiateLegacy, answers_the_clients_version_or_our_newest_legacy_one) {
  EXPECT_EQ(negotiate_legacy("2025-03-26"), "2025-03-26");
  EXPECT_EQ(negotiate_legacy("2025-06-18"), "2025-06-18");
  EXPECT_EQ(negotiate_legacy("2024-11-05"), "2025-11-25");
  EXPECT_EQ(negotiate_legacy("2026-07-28"), "2025-11-25");
  EXPECT_EQ(negotiate_legacy(""), "2025-11-25");
}

}  // namespace
}  // namespace larder::mcp

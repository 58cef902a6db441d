#include "engine/origin.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

bool allowed(std::string_view host, std::string_view origin, const OriginRules& rules = {}) {
  std::vector<HeaderView> headers{{"Host", host}};
  if (!origin.empty()) {
    headers.emplace_back("Origin", origin);
  }
  HttpRequest request;
  request.headers = headers;
  return is_origin_allowed(request, rules);
}

TEST(Origin, is_not_needed_and_may_be_this_machine) {
  EXPECT_TRUE(allowed("127.0.0.1:4444", ""));
  EXPECT_TRUE(allowed("localhost", "http://localhost:3000"));
  EXPECT_TRUE(allowed("[::1]:4444", "https://127.0.0.1"));
  EXPECT_TRUE(allowed("LocalHost:1", "http://[::1]:9"));
}

TEST(Origin, of_another_site_is_refused) {
  EXPECT_FALSE(allowed("localhost", "http://evil.example"));
  EXPECT_FALSE(allowed("localhost", "http://localhost.evil.example"));
  EXPECT_FALSE(allowed("localhost", "null"));
  EXPECT_FALSE(allowed("localhost", "http://[::1]evil"));
}

TEST(Origin, on_loopback_wants_a_host_of_this_machine) {
  EXPECT_FALSE(allowed("evil.example", ""));
  EXPECT_FALSE(allowed("evil.example:4444", "http://evil.example:4444"));
  EXPECT_TRUE(allowed("gw.example:4444", "", {.hosts = {"gw.example"}}));
  EXPECT_TRUE(allowed("gw.example", "", {.loopback = false}));
}

TEST(Origin, may_be_a_configured_one) {
  const OriginRules rules{.origins = {"https://console.example"}};
  EXPECT_TRUE(allowed("localhost", "https://console.example", rules));
  EXPECT_FALSE(allowed("localhost", "https://console.example:8443", rules));
}

TEST(Loopback, is_known_by_its_addresses) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
}

}  // namespace
}  // namespace larder::gateway

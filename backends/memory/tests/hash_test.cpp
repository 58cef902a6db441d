#include <string>

#include <gtest/gtest.h>

#include "random.hpp"
#include "siphash.hpp"

namespace larder::memory {
namespace {

TEST(SipHash, answers_the_papers_test_vector) {
  // Appendix A: key 00 01 .. 0f, text 00 01 .. 0e.
  const SipKey key{.first = 0x0706050403020100, .second = 0x0f0e0d0c0b0a0908};
  std::string text;
  for (char c = 0; c < 15; ++c) {
    text.push_back(c);
  }
  EXPECT_EQ((siphash<2, 4>(key, text)), 0xa129ca6149be45e5);
}

TEST(SipHash, depends_on_the_key) {
  const Key name = Key::literal("a", "b");
  EXPECT_NE(KeyHash{random_sip_key()}(name), KeyHash{random_sip_key()}(name));
}

}  // namespace
}  // namespace larder::memory

#include <larder/mcp/digest.hpp>

#include <gtest/gtest.h>

#include "base64.hpp"

namespace larder::mcp {
namespace {

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

TEST(Sha256, gives_the_published_digests) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231, test cases 1, 2 and 6.
TEST(HmacSha256, gives_the_published_digests) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, does_not_remember_the_last_key_when_given_an_empty_one) {
  const Digest with_empty = hmac_sha256("", "text");
  EXPECT_NE(hmac_sha256("key", "text"), with_empty);
  EXPECT_EQ(hmac_sha256("", "text"), with_empty);
}

TEST(Base64url, writes_43_characters_without_padding) {
  EXPECT_EQ(base64url(sha256("")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

TEST(Base64, gives_the_published_texts_both_ways) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64::encode(bytes, base64::Alphabet::standard), text);
    EXPECT_EQ(base64::decode(text, base64::Alphabet::standard), bytes);
  }
  EXPECT_EQ(base64::encode("\xfb\xff", base64::Alphabet::url), "-_8");
  EXPECT_EQ(base64::decode("-_8", base64::Alphabet::url), "\xfb\xff");
}

TEST(Base64, refuses_every_other_spelling) {
  for (const std::string text : {"Zg", "Zg=", "Zg===", "Zh==", "Z===", "====", "=",
                                 "Zm9v=", "Zg==Zg==", "Zm 9v", "Zm9!", "-_8="}) {
    EXPECT_EQ(base64::decode(text, base64::Alphabet::standard), std::nullopt) << text;
  }
  for (const std::string text : {"Zg==", "Zh", "Z", "+/8"}) {
    EXPECT_EQ(base64::decode(text, base64::Alphabet::url), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace larder::mcp

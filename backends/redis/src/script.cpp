#include <larder/redis/script.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>

#include <openssl/evp.h>

#include "encode.hpp"

namespace larder::redis {
namespace {

constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kDigestOffset = std::string_view("$7\r\nEVALSHA\r\n$40\r\n").size();

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, kSha1Bytes> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    // The server knows scripts by nothing else.
    std::fputs("larder: Script: OpenSSL refuses SHA-1\n", stderr);
    std::abort();
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

}  // namespace

Script::Script(std::string_view source) {
  append_text(by_digest_, "EVALSHA");
  append_text(by_digest_, sha1_hex(source));
  append_text(by_source_, "EVAL");
  append_text(by_source_, source);
}

std::string_view Script::digest() const noexcept {
  return std::string_view(by_digest_).substr(kDigestOffset, 2 * kSha1Bytes);
}

}  // namespace larder::redis

#include <larder/mcp/digest.hpp>

#include <memory>
#include <new>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base64.hpp"

namespace larder::mcp {
namespace {

// OpenSSL fails here only for want of memory.
template <typename T>
T* must(T* made) {
  if (made == nullptr) {
    throw std::bad_alloc();
  }
  return made;
}

void must(int done) {
  if (done != 1) {
    throw std::bad_alloc();
  }
}

struct Free {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

// Fetching an algorithm by name takes longer than hashing a kilobyte, so both are fetched
// once, for the life of the program.
const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = must(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm;
}

EVP_MAC_CTX* new_hmac() {
  static EVP_MAC* const algorithm = must(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  return must(EVP_MAC_CTX_new(algorithm));
}

}  // namespace

Digest sha256(std::string_view text) {
  // Kept by each thread, since making a context costs more than a short text.
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(must(EVP_MD_CTX_new()));
  Digest digest{};
  must(EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr));
  must(EVP_DigestUpdate(context.get(), text.data(), text.size()));
  must(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view text) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context(new_hmac());
  char name[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof name - 1),
      OSSL_PARAM_construct_end()};
  Digest digest{};
  std::size_t size = 0;
  const auto* const text_bytes = reinterpret_cast<const unsigned char*>(text.data());
  // A null key would mean "the key of the last call".
  const auto* const key_bytes =
      reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  must(EVP_MAC_init(context.get(), key_bytes, key.size(), params));
  must(EVP_MAC_update(context.get(), text_bytes, text.size()));
  must(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()));
  return digest;
}

std::string base64url(const Digest& digest) {
  return base64::encode(
      std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()),
      base64::Alphabet::url);
}

}  // namespace larder::mcp

#include "engine/random.hpp"

#include <cstdio>
#include <cstdlib>

#include <openssl/rand.h>

#include <larder/mcp/digest.hpp>

namespace larder::gateway {

std::string random_token() {
  mcp::Digest bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    std::fputs("larder: the system's random source failed\n", stderr);
    std::abort();
  }
  return mcp::base64url(bytes);
}

}  // namespace larder::gateway

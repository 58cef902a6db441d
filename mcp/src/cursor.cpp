#include <larder/mcp/cursor.hpp>

#include <utility>

#include <openssl/crypto.h>
#include <larder/mcp/digest.hpp>

#include "base64.hpp"
#include "frame.hpp"

namespace larder::mcp {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMacBytes = 16;
// The same secret may sign other things of ours; none of them begins like this.
constexpr std::string_view kPurpose = "larder cursor\n";

std::string mac_of(std::string_view key, std::string_view payload) {
  const Digest mac = hmac_sha256(key, std::string(kPurpose).append(payload));
  return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

std::unexpected<RpcError> refused() {
  return std::unexpected(
      RpcError{.code = code::kInvalidParams,
               .message = "The cursor is not one of this list; start over without a cursor."});
}

}  // namespace

std::string CursorSealer::seal(const MergedCursor& cursor) const {
  FrameWriter frame;
  frame.byte(kFormat);
  frame.byte(std::to_underlying(cursor.kind));
  frame.byte(std::to_underlying(cursor.scope));
  frame.count(cursor.parts.size());
  for (const auto& [upstream, upstream_cursor] : cursor.parts) {
    frame.text(upstream);
    frame.text(upstream_cursor);
  }
  return base64::encode(frame.bytes() + mac_of(key_, frame.bytes()), base64::Alphabet::url);
}

RpcResult<MergedCursor> CursorSealer::open(std::string_view text, ListKind kind) const {
  const auto bytes = base64::decode(text, base64::Alphabet::url);
  if (!bytes || bytes->size() < kMacBytes) {
    return refused();
  }
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMacBytes);
  const std::string_view mac = std::string_view(*bytes).substr(payload.size());
  if (CRYPTO_memcmp(mac_of(key_, payload).data(), mac.data(), kMacBytes) != 0) {
    return refused();
  }
  FrameReader frame(payload);
  const std::uint8_t format = frame.byte();
  MergedCursor cursor{.kind = ListKind{frame.byte()}, .scope = CacheScope{frame.byte()}};
  const std::size_t parts = frame.count();
  for (std::size_t i = 0; i < parts && frame.ok(); ++i) {
    std::string upstream = frame.text();
    cursor.parts.emplace_back(std::move(upstream), frame.text());
  }
  if (!frame.done() || format != kFormat || cursor.kind != kind) {
    return refused();
  }
  return cursor;
}

}  // namespace larder::mcp

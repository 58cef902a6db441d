#include "coding.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <sodium.h>
#include <zstd.h>

namespace larder {
namespace {

// The first byte says what was done, in this order; the second is the codec that the value
// had when it was put.
constexpr std::size_t kHeadBytes = 2;
constexpr std::uint8_t kPacked = 1;
constexpr std::uint8_t kSealed = 2;
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

static_assert(CodecKey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(Coding::kOverhead == kHeadBytes + kIdBytes + kNonceBytes + kTagBytes);

const unsigned char* raw(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* raw(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

// One for each thread: setting one up costs more than compressing 1 KiB.
ZSTD_CCtx* packer() {
  thread_local const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(
      ZSTD_createCCtx(), &ZSTD_freeCCtx);
  return context.get();
}

ZSTD_DCtx* unpacker() {
  thread_local const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(
      ZSTD_createDCtx(), &ZSTD_freeDCtx);
  return context.get();
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Errc::corrupt, std::string("coded value: ").append(what));
}

void append_id(std::string& out, std::uint32_t id) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(id >> shift & 0xFF));
  }
}

std::uint32_t read_id(std::string_view bytes) noexcept {
  std::uint32_t id = 0;
  for (unsigned i = 0; i < kIdBytes; ++i) {
    id |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return id;
}

// What the tag covers besides the value. The key's text comes last, so no two places have
// one spelling.
std::string bound_to(std::string_view head, const Coding::Place& place) {
  std::string data("larder coded value");
  data.append(head);
  data.push_back(static_cast<char>(place.presence));
  data.append(place.key_text);
  return data;
}

}  // namespace

Coding::Coding(CodecOptions options, std::size_t value_bytes_max)
    : options_(std::move(options)), value_bytes_max_(value_bytes_max) {}

// ---- zstd ----

Coding::Coded::Packing Coding::compress(std::string_view value, std::string& out) const {
  using enum Coded::Packing;
  if (options_.compress_from == 0 || value.size() < options_.compress_from || value.empty()) {
    return not_tried;
  }
  // What would save less than an eighth does not fit, and zstd stops there.
  const std::size_t most = value.size() - value.size() / 8;
  const std::size_t start = out.size();
  out.resize(start + most);
  ZSTD_CCtx* context = packer();
  std::size_t size = 0;
  // A value that did not fit has left its session open, in which no parameter can be set.
  if (context == nullptr || ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_only)) != 0 ||
      ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, options_.level)) != 0 ||
      ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) != 0 ||
      ZSTD_isError(size = ZSTD_compress2(context, out.data() + start, most, value.data(),
                                         value.size())) != 0) {
    out.resize(start);
    return too_little;
  }
  out.resize(start + size);
  return packed;
}

Result<std::string> Coding::decompress(std::string_view frame) const {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  // The last two cover what zstd answers for no frame, and for one that does not say. A
  // frame of nothing is not ours: an empty value is never compressed.
  if (size == 0 || size > value_bytes_max_ || size == ZSTD_CONTENTSIZE_ERROR ||
      size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return corrupt("a frame of no acceptable size");
  }
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
    return corrupt("more or less than one frame");
  }
  std::string value(static_cast<std::size_t>(size), '\0');
  ZSTD_DCtx* context = unpacker();
  if (context == nullptr || ZSTD_decompressDCtx(context, value.data(), value.size(), frame.data(),
                                                frame.size()) != value.size()) {
    return corrupt("a damaged frame");
  }
  return value;
}

// ---- XChaCha20-Poly1305 ----

void Coding::seal(std::string& coded, const Place& place, std::string_view payload) const {
  const CodecKey& key = options_.keys.front();
  const std::string data = bound_to(coded, place);
  append_id(coded, key.id);
  const std::size_t nonce = coded.size();
  const std::size_t sealed = nonce + kNonceBytes;
  coded.resize(sealed + payload.size() + kTagBytes);
  randombytes_buf(raw(coded) + nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(coded) + sealed, nullptr, raw(payload),
                                             payload.size(), raw(data), data.size(), nullptr,
                                             raw(coded) + nonce, raw(key.secret.reveal()));
}

Result<std::string> Coding::unseal(std::string_view head, std::string_view sealed,
                                   const Place& place) const {
  if (sealed.size() < kIdBytes + kNonceBytes + kTagBytes) {
    return corrupt("cut short");
  }
  const std::uint32_t id = read_id(sealed);
  const auto key = std::ranges::find(options_.keys, id, &CodecKey::id);
  if (key == options_.keys.end()) {
    return corrupt("encrypted under key " + std::to_string(id) + ", which is not known");
  }
  const std::string_view nonce = sealed.substr(kIdBytes, kNonceBytes);
  const std::string_view secret = sealed.substr(kIdBytes + kNonceBytes);
  const std::string data = bound_to(head, place);
  std::string payload(secret.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(payload), nullptr, nullptr, raw(secret),
                                                 secret.size(), raw(data), data.size(), raw(nonce),
                                                 raw(key->secret.reveal())) != 0) {
    return corrupt("not written for this key of the cache, or changed since");
  }
  return payload;
}

// ---- both ----

Coding::Coded Coding::encode(const Entry& entry) const {
  std::string coded(kHeadBytes, '\0');
  coded[1] = static_cast<char>(entry.codec);
  std::string packed;
  const auto packing = compress(entry.value.view(), encrypts() ? packed : coded);
  const bool is_packed = packing == Coded::Packing::packed;
  if (!encrypts() && !is_packed && entry.codec == Codec::none) {
    return Coded{.value = entry.value, .codec = Codec::none, .packing = packing};
  }
  coded[0] = static_cast<char>((is_packed ? kPacked : 0) | (encrypts() ? kSealed : 0));
  if (encrypts()) {
    seal(coded, Place{.key_text = entry.key.text(), .presence = entry.presence},
         is_packed ? std::string_view(packed) : entry.value.view());
  } else if (!is_packed) {
    coded.append(entry.value.view());
  }
  return Coded{.value = Bytes(std::move(coded)), .codec = Codec::coded, .packing = packing};
}

Result<Coding::Coded> Coding::decode(const Place& place, Codec codec, const Bytes& stored) const {
  if (codec != Codec::coded) {
    if (encrypts()) {
      return corrupt("not encrypted");
    }
    return Coded{.value = stored, .codec = codec};
  }
  const std::string_view head = stored.view().substr(0, kHeadBytes);
  if (head.size() < kHeadBytes) {
    return corrupt("cut short");
  }
  const auto steps = static_cast<std::uint8_t>(head[0]);
  const auto inner = static_cast<std::uint8_t>(head[1]);
  if ((steps & ~(kPacked | kSealed)) != 0 || inner > std::to_underlying(Codec::coded) ||
      (steps == 0 && Codec{inner} == Codec::none)) {
    return corrupt("a step or codec that is not known");
  }
  if (encrypts() != ((steps & kSealed) != 0)) {
    return corrupt(encrypts() ? "not encrypted" : "encrypted, and there is no key");
  }
  Bytes payload = stored.sub(kHeadBytes);
  if (encrypts()) {
    auto plain = unseal(head, payload.view(), place);
    if (!plain) {
      return std::unexpected(std::move(plain).error());
    }
    payload = Bytes(*std::move(plain));
  }
  if ((steps & kPacked) != 0) {
    auto plain = decompress(payload.view());
    if (!plain) {
      return std::unexpected(std::move(plain).error());
    }
    payload = Bytes(*std::move(plain));
  }
  return Coded{.value = std::move(payload), .codec = Codec{inner}};
}

}  // namespace larder

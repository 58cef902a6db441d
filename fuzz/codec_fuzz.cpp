// Coded values: any bytes are either refused as corrupt or a value within the bound, and
// what is decoded comes back when it is coded again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <larder/cache/codec.hpp>

#include "layers/coding.hpp"
#include "require.hpp"

namespace {

using namespace larder;

constexpr std::size_t kValueBytesMax = std::size_t{1} << 20;

Coding plain() { return Coding({.compress_from = 16}, kValueBytesMax); }

Coding encrypting() {
  return Coding(
      {.compress_from = 16,
       .keys = {{.id = 0x61616161, .secret = Secret(std::string(CodecKey::kBytes, 'k'))}}},
      kValueBytesMax);
}

void check(const Coding& coding, Codec codec, const Bytes& stored) {
  using larder::fuzz::require;
  const Key key = Key::literal("fuzz", "key");
  const Coding::Place place{.key_text = key.text()};
  const auto value = coding.decode(place, codec, stored);
  if (!value) {
    require(value.error().code() == Errc::corrupt, "a refused value is corrupt");
    return;
  }
  require(value->value.size() <= std::max(kValueBytesMax, stored.size()),
          "nothing unpacks to more than the bound");
  if (value->value.size() > kValueBytesMax) {
    return;  // No store keeps such a one.
  }
  const Entry entry{.key = key, .value = value->value, .codec = value->codec};
  const Coding::Coded coded = coding.encode(entry);
  const auto again = coding.decode(place, coded.codec, coded.value);
  require(again.has_value(), "a coded value can be read");
  require(again->value == value->value && again->codec == value->codec, "and is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stored = Bytes::copy_of(std::string_view(reinterpret_cast<const char*>(data), size));
  check(plain(), Codec::coded, stored);
  check(plain(), Codec::none, stored);
  check(encrypting(), Codec::coded, stored);
  return 0;
}

// Stored envelopes: any bytes are either refused or one entry, which is written back as the
// same entry.
#include <cstddef>
#include <cstdint>

#include <larder/envelope.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using larder::fuzz::require;
  const auto bytes =
      larder::Bytes::copy_of(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto stored = larder::decode_envelope(bytes);
  if (!stored) {
    require(stored.error().code() == larder::Errc::corrupt, "a refused envelope is corrupt");
    return 0;
  }
  const larder::Bytes written(larder::encode_envelope(stored->entry, stored->version));
  const auto again = larder::decode_envelope(written, stored->entry.key);
  require(again.has_value(), "a written envelope can be read");
  require(*again == *stored, "an envelope comes back as the same entry");
  require(larder::encode_envelope(again->entry, again->version) == written.view(),
          "an entry has one spelling");
  return 0;
}

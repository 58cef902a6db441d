// RFC 4648 base64, both alphabets, strict both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::mcp::base64 {

// `standard` is padded; `url` is not.
enum class Alphabet : std::uint8_t { standard, url };

[[nodiscard]] std::string encode(std::string_view bytes, Alphabet alphabet);

// nullopt for foreign characters, wrong padding and bits that encode() would not have set:
// two texts never decode to the same bytes.
[[nodiscard]] std::optional<std::string> decode(std::string_view text, Alphabet alphabet);

}  // namespace larder::mcp::base64

#include "base64.hpp"

#include <algorithm>

namespace larder::mcp::base64 {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view letters_of(Alphabet alphabet) noexcept {
  return alphabet == Alphabet::url ? kUrl : kStandard;
}

}  // namespace

std::string encode(std::string_view bytes, Alphabet alphabet) {
  const std::string_view letters = letters_of(alphabet);
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) {
      out.push_back(letters[(bits >> (held - 6)) & 0x3F]);
    }
  }
  if (held > 0) {
    out.push_back(letters[(bits << (6 - held)) & 0x3F]);
  }
  while (alphabet == Alphabet::standard && out.size() % 4 != 0) {
    out.push_back('=');
  }
  return out;
}

std::optional<std::string> decode(std::string_view text, Alphabet alphabet) {
  if (alphabet == Alphabet::standard) {
    if (text.size() % 4 != 0) {
      return std::nullopt;
    }
    const std::size_t padding = text.size() - std::min(text.find('='), text.size());
    if (padding > 2) {
      return std::nullopt;
    }
    text.remove_suffix(padding);
  }
  const std::string_view letters = letters_of(alphabet);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char letter : text) {
    const std::size_t value = letters.find(letter);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>((bits >> held) & 0xFF));
    }
  }
  const bool clean = (bits & ((1U << held) - 1)) == 0;
  return clean && held < 6 ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace larder::mcp::base64

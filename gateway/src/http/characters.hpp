// The characters HTTP allows where (RFC 9110 section 5.5 and 5.6, RFC 9112 section 3).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace larder::gateway {
namespace characters {

enum Kind : std::uint8_t { kToken = 1, kValue = 2, kTarget = 4, kHost = 8 };

constexpr std::array<std::uint8_t, 256> make_table() {
  constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view not_in_host = "/?#@\\,\"<>^`{|} ";
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const char text = static_cast<char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool visible = c > 0x20 && c < 0x7f;
    if (letter || digit || token_marks.find(text) != std::string_view::npos) {
      table[c] |= kToken;
    }
    if (visible || c == ' ' || c == '\t' || c >= 0x80) {
      table[c] |= kValue;
    }
    if (visible && c != '"' && c != '<' && c != '>' && c != '\\') {
      table[c] |= kTarget;
    }
    if (visible && not_in_host.find(text) == std::string_view::npos) {
      table[c] |= kHost;
    }
  }
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kTable = make_table();

constexpr bool is(char c, Kind kind) noexcept {
  return (kTable[static_cast<unsigned char>(c)] & kind) != 0;
}

constexpr bool all(std::string_view text, Kind kind) noexcept {
  return std::ranges::all_of(text, [kind](char c) { return is(c, kind); });
}

}  // namespace characters

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && characters::all(text, characters::kToken);
}

constexpr bool is_field_value(std::string_view text) noexcept {
  return characters::all(text, characters::kValue);
}

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// ASCII only, as header names and tokens are.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// Without the spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace larder::gateway

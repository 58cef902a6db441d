// Numbers as servers and people write them.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace larder::redis {

// All of the text has to be the number; what does not fit is none.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_whole(std::string_view text) noexcept {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && after == end ? std::optional(number) : std::nullopt;
}

// RESP allows a plus in front, which from_chars does not.
[[nodiscard]] inline std::string_view without_plus(std::string_view text) noexcept {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return text.substr(has_plus ? 1 : 0);
}

[[nodiscard]] inline std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  return parse_whole<std::int64_t>(without_plus(text));
}

// inf, -inf and nan included.
[[nodiscard]] inline std::optional<double> parse_real(std::string_view text) noexcept {
  double number = 0;
  text = without_plus(text);
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && after == end ? std::optional(number) : std::nullopt;
}

}  // namespace larder::redis

// What json.hpp says of texts: decoding, quoting, white space.
#include <cstdint>

#include <fmt/format.h>
#include <simdjson.h>

#include "json.hpp"
#include "json_escape.hpp"

namespace larder::mcp::json {
namespace {

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6));
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

char simple_escape(char letter) noexcept {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

// Appends what the escape at `at` (its backslash) stands for; returns what follows it.
const char* append_escape(std::string& out, const char* at, const char* end) {
  if (end - at < 2) {
    return end;
  }
  if (at[1] != 'u') {
    out.push_back(simple_escape(at[1]));
    return at + 2;
  }
  const int unit = hex4(at + 2, end);
  if (unit < 0) {
    return end;
  }
  if (!is_high_surrogate(unit)) {
    append_utf8(out, static_cast<std::uint32_t>(unit));
    return at + 6;
  }
  const int low = end - at >= 12 ? hex4(at + 8, end) : -1;
  if (!is_low_surrogate(low)) {
    return end;
  }
  append_utf8(out, 0x10000U + (static_cast<std::uint32_t>(unit - 0xD800) << 10) +
                       static_cast<std::uint32_t>(low - 0xDC00));
  return at + 12;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    std::size_t size = 1;
    while (size <= 4 && size <= text.size() && !is_utf8(text.substr(0, size))) {
      ++size;
    }
    const bool whole = size <= 4 && size <= text.size();
    out.append(whole ? text.substr(0, size) : std::string_view("\xEF\xBF\xBD"));
    text.remove_prefix(whole ? size : 1);
  }
  return out;
}

std::optional<std::string> read_string(std::string_view value) {
  Reader reader(value);
  Text text;
  if (!reader.string(text) || !reader.finish()) {
    return std::nullopt;
  }
  return decode(text);
}

std::string decode(const Text& text) {
  if (!text.escaped) {
    return std::string(text.raw);
  }
  std::string out;
  out.reserve(text.raw.size());
  const char* at = text.raw.data();
  const char* const end = at + text.raw.size();
  while (at != end) {
    if (*at == '\\') {
      at = append_escape(out, at, end);
    } else {
      out.push_back(*at++);
    }
  }
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kLetters = "btn?fr";  // of the control characters 8 to 13, but 11
  out.push_back('"');
  std::size_t plain = 0;  // where the run that needs no escapes began
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') {
      continue;
    }
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (byte >= 0x20) {
      out.push_back('\\');
      out.push_back(text[i]);
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
      out.push_back('\\');
      out.push_back(kLetters[byte - 8U]);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    }
  }
  out.append(text, plain).push_back('"');
}

std::string one_line(std::string_view json) {
  std::string out(json);
  if (out.find_first_of("\r\n") != std::string::npos) {
    std::erase_if(out, [](char c) { return c == '\n' || c == '\r'; });
  }
  return out;
}

std::string compact(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      out.push_back(c);
      out.push_back(json[++i]);
      continue;
    }
    if (c == '"') {
      in_string = !in_string;
    }
    if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace larder::mcp::json

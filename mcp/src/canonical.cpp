#include <larder/mcp/canonical.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "json.hpp"

namespace larder::mcp {
namespace {

// Integers of so few digits are their own shortest form, and a double holds them exactly.
constexpr std::size_t kExactDigits = 15;
// ECMAScript writes numbers without an exponent up to 21 digits before the point and 6
// zeros behind it.
constexpr int kPlainDigitsMax = 21;
constexpr int kLeadingZerosMax = 6;

// RFC 8785 sorts by UTF-16 code units. In UTF-8 the order of bytes is the same but for
// characters beyond U+FFFF: their surrogates sort before U+E000 to U+FFFF, whose UTF-8
// begins with 0xEE or 0xEF.
bool before_in_utf16(std::string_view a, std::string_view b) noexcept {
  const auto [left, right] = std::ranges::mismatch(a, b);
  if (left == a.end() || right == b.end()) {
    return left == a.end() && right != b.end();
  }
  const auto x = static_cast<unsigned char>(*left);
  const auto y = static_cast<unsigned char>(*right);
  const bool x_is_beyond = x >= 0xF0;
  const bool y_is_beyond = y >= 0xF0;
  if (x >= 0xEE && y >= 0xEE && x_is_beyond != y_is_beyond) {
    return x_is_beyond;
  }
  return x < y;
}

// Whether a double holds this integer exactly.
bool is_exact(std::string_view integer, double value) {
  std::array<char, 400> digits;
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                            std::chars_format::fixed, 0);
  return failure == std::errc() &&
         integer == std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// ECMAScript's Number::toString of a finite value.
void append_number(std::string& out, double value) {
  if (value == 0) {
    out.push_back('0');
    return;
  }
  std::array<char, 32> buffer;
  const auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                            std::fabs(value), std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 2) {
    digits.append(text.substr(2, mark - 2));
  }
  int exponent = 0;
  const std::size_t sign = text[mark + 1] == '+' ? 1 : 0;
  std::from_chars(text.data() + mark + 1 + sign, text.data() + text.size(), exponent);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // the decimal point stands after so many digits

  out.append(value < 0 ? "-" : "");
  if (point > kPlainDigitsMax || point <= -kLeadingZerosMax) {
    out.push_back(digits[0]);
    if (count > 1) {
      out.append(".").append(digits, 1);
    }
    fmt::format_to(std::back_inserter(out), "e{:+}", point - 1);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    out.append(digits, static_cast<std::size_t>(point));
  }
}

void append_canonical_number(std::string& out, std::string_view number) {
  const bool is_integer = number.find_first_of(".eE") == std::string_view::npos;
  if (is_integer && number.size() <= kExactDigits) {
    out.append(number == "-0" ? "0" : number);
    return;
  }
  double value = 0;
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (failure != std::errc() || (is_integer && !is_exact(number, value))) {
    out.append(number);
  } else {
    append_number(out, value);
  }
}

// Writes the canonical form of what it reads.
class Canonicaliser {
 public:
  explicit Canonicaliser(std::string_view json) : reader_(json) {}

  bool value(std::string& out) {
    switch (reader_.peek()) {
      case '"':
        return string(out);
      case '{':
        return object(out);
      case '[':
        return array(out);
      default:
        return scalar(out);
    }
  }

  json::Reader& reader() noexcept { return reader_; }

 private:
  struct Range {
    std::string_view name;
    std::size_t begin = 0;  // in the output
    std::size_t end = 0;
  };

  bool string(std::string& out) {
    const std::size_t from = reader_.offset();
    json::Text text;
    if (!reader_.string(text)) {
      return false;
    }
    if (text.escaped) {
      json::append_quoted(out, json::decode(text));
    } else {
      out.append(reader_.slice(from));
    }
    return true;
  }

  bool scalar(std::string& out) {
    std::string_view slice;
    if (!reader_.value(slice)) {
      return false;
    }
    if (slice.front() == '-' || (slice.front() >= '0' && slice.front() <= '9')) {
      append_canonical_number(out, slice);
    } else {
      out.append(slice);
    }
    return true;
  }

  bool array(std::string& out) {
    out.push_back('[');
    bool first = true;
    const bool whole = reader_.array([&] {
      out.append(std::exchange(first, false) ? "" : ",");
      return value(out);
    });
    out.push_back(']');
    return whole;
  }

  // Members are written as they come and moved into order afterwards, if they are not.
  bool object(std::string& out) {
    out.push_back('{');
    std::vector<Range> members;
    members.reserve(8);
    const bool whole = reader_.object([&](const json::Name& name) {
      out.append(members.empty() ? "" : ",");
      Range member{.name = name.text, .begin = out.size()};
      json::append_quoted(out, name.text);
      out.push_back(':');
      if (!value(out)) {
        return false;
      }
      member.end = out.size();
      members.push_back(member);
      return true;
    });
    out.push_back('}');
    if (whole) {
      sort(members, out);
    }
    return whole;
  }

  static void sort(std::vector<Range>& members, std::string& out) {
    const auto ordered = [](const Range& a, const Range& b) {
      return before_in_utf16(a.name, b.name);
    };
    if (std::ranges::is_sorted(members, ordered)) {
      return;
    }
    const std::size_t begin = members.front().begin;
    std::ranges::sort(members, ordered);
    std::string sorted;
    sorted.reserve(out.size() - begin);
    for (const Range& member : members) {
      sorted.append(sorted.empty() ? "" : ",");
      sorted.append(out, member.begin, member.end - member.begin);
    }
    out.replace(begin, sorted.size(), sorted);
  }

  json::Reader reader_;
};

std::unexpected<RpcError> refused(std::string message) {
  return std::unexpected(RpcError{.code = code::kInvalidParams, .message = std::move(message)});
}

}  // namespace

RpcResult<std::string> canonical_json(std::string_view json) {
  if (!json::is_utf8(json)) {
    return refused("The value is not valid UTF-8.");
  }
  Canonicaliser canonicaliser(json);
  std::string out;
  out.reserve(json.size());
  json::Reader& reader = canonicaliser.reader();
  if (!canonicaliser.value(out) || !reader.finish()) {
    return refused(fmt::format("The value is not valid JSON: {}.", reader.problem().message()));
  }
  if (reader.duplicate()) {
    return refused(
        fmt::format("The member \"{}\" appears twice in one object.", *reader.duplicate()));
  }
  return out;
}

RpcResult<std::string> canonical_members(std::string_view object_json,
                                         std::span<const std::string> members) {
  if (object_json.empty()) {
    return "{}";
  }
  const auto object = json::Object::read(object_json);
  if (!object) {
    return refused("The value is not a JSON object, or has a member twice.");
  }
  std::string picked = "{";
  for (const json::Member& member : *object) {
    if (std::ranges::find(members, member.name) != members.end()) {
      picked.append(picked.size() > 1 ? "," : "").append(member.raw);
    }
  }
  return canonical_json(picked.append("}"));
}

}  // namespace larder::mcp

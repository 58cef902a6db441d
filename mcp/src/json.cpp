#include "json.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "json_escape.hpp"

namespace larder::mcp::json {
namespace {

// Objects up to this size are searched for duplicates pair by pair, larger ones sorted.
constexpr std::size_t kPairwiseMax = 8;

// Of a name that an error message quotes.
constexpr std::size_t kNameShown = 64;

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;

// How many of the eight bytes come before the first quote, backslash or control character.
std::size_t plain_bytes(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    word = std::byteswap(word);
  }
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t found = ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) |
                              ((word - kOnes * 0x20) & ~word);
  // A borrow may mark bytes above the first one found, never below it.
  return static_cast<std::size_t>(std::countr_zero(found & kHighs)) / 8;
}

}  // namespace

std::string Problem::message() const { return fmt::format("{} at byte {}", what, at); }

Reader::Reader(std::string_view text, std::size_t depth_max)
    : begin_(text.data()),
      at_(text.data()),
      end_(text.data() + text.size()),
      depth_left_(std::min(depth_max, kDepthMax)) {
  names_.reserve(16);
}

bool Reader::fail(std::string_view what) noexcept {
  if (problem_.what.empty()) {
    problem_ = {.what = what, .at = offset()};
  }
  return false;
}

char Reader::peek() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
    ++at_;
  }
  return at_ == end_ ? '\0' : *at_;
}

bool Reader::open() {
  if (depth_left_ == 0) {
    return fail("the nesting is too deep");
  }
  --depth_left_;
  ++at_;
  return true;
}

bool Reader::take_literal(std::string_view literal) {
  if (std::string_view(at_, end_).substr(0, literal.size()) != literal) {
    return fail("a value is expected");
  }
  at_ += literal.size();
  return true;
}

bool Reader::value() {
  switch (peek()) {
    case '"': {
      Text text;
      return string(text);
    }
    case '{':
      return object([this](const Name&) { return value(); });
    case '[':
      return array([this] { return value(); });
    case 't':
      return take_literal("true");
    case 'f':
      return take_literal("false");
    case 'n':
      return take_literal("null");
    default:
      return number();
  }
}

bool Reader::value(std::string_view& out) {
  peek();
  const std::size_t from = offset();
  if (!value()) {
    return false;
  }
  out = slice(from);
  return true;
}

bool Reader::string(Text& out) {
  if (peek() != '"') {
    return fail("a string is expected");
  }
  const char* const first = ++at_;
  out.escaped = false;
  while (true) {
    while (end_ - at_ >= 8) {
      const std::size_t plain = plain_bytes(at_);
      at_ += plain;
      if (plain < 8) {
        break;
      }
    }
    if (at_ == end_) {
      return fail("a string has no end");
    }
    const char c = *at_;
    if (c == '"') {
      out.raw = {first, at_};
      ++at_;
      return true;
    }
    if (c == '\\') {
      out.escaped = true;
      if (!escape()) {
        return false;
      }
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return fail("a control character in a string is not escaped");
    } else {
      ++at_;
    }
  }
}

bool Reader::escape() {
  if (end_ - at_ < 2) {
    return fail("a string has no end");
  }
  if (at_[1] == 'u') {
    return unicode_escape();
  }
  if (at_[1] == '\0' || std::strchr("\"\\/bfnrt", at_[1]) == nullptr) {
    return fail("an escape is unknown");
  }
  at_ += 2;
  return true;
}

bool Reader::unicode_escape() {
  const int unit = hex4(at_ + 2, end_);
  if (unit < 0) {
    return fail("an escape has not four hex digits");
  }
  if (is_low_surrogate(unit)) {
    return fail("an escape is a lone surrogate");
  }
  if (!is_high_surrogate(unit)) {
    at_ += 6;
    return true;
  }
  if (end_ - at_ < 12 || at_[6] != '\\' || at_[7] != 'u' ||
      !is_low_surrogate(hex4(at_ + 8, end_))) {
    return fail("an escape is a lone surrogate");
  }
  at_ += 12;
  return true;
}

bool Reader::digits() {
  const char* const first = at_;
  while (at_ != end_ && is_digit(*at_)) {
    ++at_;
  }
  return at_ != first || fail("a digit is expected");
}

bool Reader::number() {
  const char first = peek();
  if (first != '-' && !is_digit(first)) {
    return fail(first == '\0' && at_ == end_ ? "the text ends too early" : "a value is expected");
  }
  at_ += first == '-' ? 1 : 0;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) {
      return false;
    }
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    at_ += at_ != end_ && (*at_ == '+' || *at_ == '-') ? 1 : 0;
    return digits();
  }
  return true;
}

bool Reader::name(Name& out) {
  if (peek() != '"') {
    return fail("a member's name is expected");
  }
  out.begin = offset();
  Text text;
  if (!string(text)) {
    return false;
  }
  out.text = text.escaped ? decoded_.emplace_front(decode(text)) : text.raw;
  if (peek() != ':') {
    return fail("a colon is expected");
  }
  ++at_;
  peek();
  names_.push_back(out.text);
  return true;
}

void Reader::find_duplicate(std::size_t first_name) {
  const auto first = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
  auto twice = names_.end();
  if (names_.size() - first_name <= kPairwiseMax) {
    for (auto later = first; later != names_.end() && twice == names_.end(); ++later) {
      if (std::find(first, later, *later) != later) {
        twice = later;
      }
    }
  } else {
    std::sort(first, names_.end());
    twice = std::adjacent_find(first, names_.end());
  }
  if (twice != names_.end() && !duplicate_) {
    duplicate_ = std::string(twice->substr(0, kNameShown));
  }
}

bool Reader::finish() {
  return (peek() == '\0' && at_ == end_) || fail("something follows the value");
}

std::optional<Object> Object::read(std::string_view text) {
  Object object;
  object.members_.reserve(8);
  Reader reader(text);
  const bool whole = reader.object([&](const Name& name) {
    Member member{.name = name.text, .value = {}, .raw = {}};
    if (!reader.value(member.value)) {
      return false;
    }
    member.raw = reader.slice(name.begin);
    object.members_.push_back(member);
    return true;
  });
  if (!whole || !reader.finish() || reader.duplicate()) {
    return std::nullopt;
  }
  object.decoded_ = reader.take_decoded();
  return object;
}

std::string_view Object::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(members_, name, &Member::name);
  return found == members_.end() ? std::string_view() : found->value;
}

std::optional<std::vector<std::string_view>> read_array(std::string_view text) {
  std::vector<std::string_view> elements;
  Reader reader(text);
  const bool whole = reader.array([&] { return reader.value(elements.emplace_back()); });
  if (!whole || !reader.finish() || reader.duplicate()) {
    return std::nullopt;
  }
  return elements;
}

}  // namespace larder::mcp::json

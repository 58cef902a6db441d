#include <larder/redis/resp_parser.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "numbers.hpp"

namespace larder::redis {
namespace {

constexpr std::size_t kDepthBound = 128;
constexpr std::size_t kOffsetBound = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kLineEnd = 2;           // CR LF
constexpr std::size_t kLengthDigitsMax = 18;  // fits 63 bits
constexpr std::size_t kKeepNodes = 4096;
constexpr std::size_t kVerbatimTag = 4;  // "txt:"

bool is_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What is wrong with the text of a line; empty if nothing is.
std::string_view fault(Kind kind, std::string_view text) noexcept {
  switch (kind) {
    case Kind::integer:
      return parse_integer(text) ? "" : "malformed integer";
    case Kind::real:
      return parse_real(text) ? "" : "malformed double";
    case Kind::boolean:
      return text == "t" || text == "f" ? "" : "malformed boolean";
    case Kind::null:
      return text.empty() ? "" : "malformed null";
    case Kind::big_number:
      return is_digits(text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0))
                 ? ""
                 : "malformed big number";
    default:
      return text.contains('\n') ? "line feed within a line" : "";
  }
}

RespLimits within_bounds(RespLimits limits) noexcept {
  limits.depth_max = std::clamp<std::size_t>(limits.depth_max, 1, kDepthBound);
  limits.frame_bytes_max = std::min(limits.frame_bytes_max, kOffsetBound);
  limits.elements_max = std::min(limits.elements_max, kOffsetBound);
  return limits;
}

}  // namespace

RespParser::RespParser(RespLimits limits) : limits_(within_bounds(limits)) {}

std::span<char> RespParser::room() {
  if (is_given_) {
    end_frame();
  }
  return buffer_.room();
}

void RespParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto into = room();
    const std::size_t size = std::min(into.size(), bytes.size());
    std::memcpy(into.data(), bytes.data(), size);
    commit(size);
    bytes.remove_prefix(size);
  }
}

Result<std::optional<Value>> RespParser::next() {
  if (is_given_) {
    end_frame();
  }
  if (error_) {
    return std::unexpected(*error_);
  }
  const std::string_view data = buffer_.data();
  while (!is_complete_) {
    switch (step(data)) {
      case Step::element:
        break;
      case Step::frame:
        is_complete_ = true;
        break;
      case Step::more:
        return std::nullopt;
      case Step::broken:
        return std::unexpected(*error_);
    }
  }
  if (inner_given_ < inner_.size()) {
    return next_inner_push();
  }
  is_given_ = true;
  return Value(data.data(), nodes_.data());
}

void RespParser::reset() noexcept {
  end_frame();
  buffer_.clear();
  error_.reset();
}

void RespParser::end_frame() noexcept {
  buffer_.consume(at_);
  nodes_.clear();
  if (nodes_.capacity() > kKeepNodes) {
    nodes_.shrink_to_fit();
  }
  open_.clear();
  inner_.clear();
  inner_given_ = elements_ = at_ = scanned_ = 0;
  has_body_ = is_complete_ = is_given_ = false;
}

std::optional<Value> RespParser::next_inner_push() {
  const Node* const push = &inner_[inner_given_];
  inner_given_ += push->span;
  return Value(buffer_.data().data(), push);
}

// Reads the next element, or as much of it as there is.
RespParser::Step RespParser::step(std::string_view data) {
  if (has_body_) {
    return bulk_body(data);
  }
  if (at_ == data.size()) {
    return Step::more;
  }
  const bool is_inside = !open_.empty();
  switch (data[at_]) {
    case '$':
      return bulk(data, Kind::bulk);
    case '+':
      return line(data, Kind::simple);
    case ':':
      return line(data, Kind::integer);
    case '-':
      return line(data, Kind::error);
    case '*':
      return aggregate(data, Kind::array, Role::element);
    case '_':
      return line(data, Kind::null);
    case '%':
      return aggregate(data, Kind::map, Role::element);
    case '~':
      return aggregate(data, Kind::set, Role::element);
    case '>':
      return aggregate(data, Kind::push, is_inside ? Role::inner_push : Role::element);
    case '#':
      return line(data, Kind::boolean);
    case ',':
      return line(data, Kind::real);
    case '=':
      return bulk(data, Kind::verbatim);
    case '!':
      return bulk(data, Kind::error);
    case '(':
      return line(data, Kind::big_number);
    case '|':
      return aggregate(data, Kind::map, Role::attribute);
    case ';':
    case '.':
      return broken("streamed values are not understood", at_);
    default:
      return broken("no type begins with this byte", at_);
  }
}

RespParser::Step RespParser::line(std::string_view data, Kind kind) {
  const std::size_t begin = at_ + 1;
  const std::size_t from = std::max(begin, scanned_);
  const std::size_t found = from < data.size() ? data.find('\r', from) : std::string_view::npos;
  const std::size_t end = std::min(found, data.size());
  if (end - begin > limits_.line_bytes_max) {
    return broken("line is too long", at_);
  }
  if (end + 1 >= data.size()) {
    scanned_ = end;  // a carriage return that came last is looked at again
    return Step::more;
  }
  if (data[end + 1] != '\n') {
    return broken("carriage return within a line", end);
  }
  const std::string_view text = data.substr(begin, end - begin);
  if (const auto what = fault(kind, text); !what.empty()) {
    return broken(what, at_);
  }
  return add(kind, begin, text.size(), end + kLineEnd);
}

// Wrong bytes are found when they come, whatever follows them.
RespParser::Step RespParser::header(std::string_view data, Header& header) {
  std::size_t at = at_ + 1;
  const bool is_negative = at < data.size() && data[at] == '-';
  at += is_negative ? 1 : 0;
  const std::size_t digits = at;
  std::int64_t number = 0;
  for (; at < data.size() && data[at] >= '0' && data[at] <= '9'; ++at) {
    if (at - digits == kLengthDigitsMax) {
      return broken("length is too large", at_);
    }
    number = number * 10 + (data[at] - '0');
  }
  if (at < data.size() && data[at] == '?') {
    return broken("streamed values are not understood", at_);
  }
  if (at < data.size() && (data[at] != '\r' || at == digits)) {
    return broken("malformed length", at);
  }
  if (at + 1 < data.size() && data[at + 1] != '\n') {
    return broken("malformed length", at + 1);
  }
  header = {.number = is_negative ? -number : number, .after = at + kLineEnd};
  return header.after <= data.size() ? Step::element : Step::more;
}

RespParser::Step RespParser::bulk(std::string_view data, Kind kind) {
  Header head;
  if (const Step got = header(data, head); got != Step::element) {
    return got;
  }
  if (head.number == -1 && kind == Kind::bulk) {
    return add(Kind::null, head.after, 0, head.after);
  }
  if (head.number < 0) {
    return broken("negative length", at_);
  }
  const auto size = static_cast<std::size_t>(head.number);
  if (size > limits_.bulk_bytes_max) {
    return broken("string is too large", at_);
  }
  if (head.after + size + kLineEnd > limits_.frame_bytes_max) {
    return broken("frame is too large", at_);
  }
  if (kind == Kind::verbatim && size < kVerbatimTag) {
    return broken("verbatim string without a format", at_);
  }
  has_body_ = true;
  body_ = size;
  body_kind_ = kind;
  at_ = head.after;
  return bulk_body(data);
}

RespParser::Step RespParser::bulk_body(std::string_view data) {
  const std::size_t end = at_ + body_;
  if (data.size() < end + kLineEnd) {
    return Step::more;
  }
  if (data[end] != '\r' || data[end + 1] != '\n') {
    return broken("string is longer than its length", end);
  }
  has_body_ = false;
  if (body_kind_ != Kind::verbatim) {
    return add(body_kind_, at_, body_, end + kLineEnd);
  }
  if (data[at_ + kVerbatimTag - 1] != ':') {
    return broken("verbatim string without a format", at_);
  }
  return add(Kind::verbatim, at_ + kVerbatimTag, body_ - kVerbatimTag, end + kLineEnd);
}

RespParser::Step RespParser::aggregate(std::string_view data, Kind kind, Role role) {
  Header head;
  if (const Step got = header(data, head); got != Step::element) {
    return got;
  }
  if (head.number == -1 && kind == Kind::array) {
    return add(Kind::null, head.after, 0, head.after);
  }
  if (head.number < 0) {
    return broken("negative length", at_);
  }
  if (head.number == 0 && kind == Kind::push) {
    return broken("empty push", at_);
  }
  if (open_.size() == limits_.depth_max) {
    return broken("aggregates are nested too deeply", at_);
  }
  const auto number = static_cast<std::uint64_t>(head.number);
  const std::uint64_t size = kind == Kind::map ? 2 * number : number;
  if (number > limits_.elements_max || elements_ + size + 1 > limits_.elements_max) {
    return broken("too many elements", at_);
  }
  open_.push_back({.node = static_cast<std::uint32_t>(nodes_.size()),
                   .left = static_cast<std::uint32_t>(size) + 1,
                   .role = role});
  return add(kind, head.after, size, head.after);
}

RespParser::Step RespParser::add(Kind kind, std::size_t offset, std::size_t size,
                                 std::size_t after) {
  if (after > limits_.frame_bytes_max) {
    return broken("frame is too large", at_);
  }
  if (++elements_ > limits_.elements_max) {
    return broken("too many elements", at_);
  }
  nodes_.push_back({.offset = static_cast<std::uint32_t>(offset),
                    .size = static_cast<std::uint32_t>(size),
                    .kind = kind});
  at_ = after;
  return completed();
}

// An element is whole, and with it each aggregate whose last one it was.
RespParser::Step RespParser::completed() {
  while (!open_.empty()) {
    if (--open_.back().left > 0) {
      return Step::element;
    }
    const Open whole = open_.back();
    open_.pop_back();
    nodes_[whole.node].span = static_cast<std::uint32_t>(nodes_.size() - whole.node);
    if (whole.role == Role::element) {
      continue;
    }
    // Neither is an element of what is around it.
    const auto first = nodes_.begin() + whole.node;
    if (whole.role == Role::inner_push) {
      inner_.insert(inner_.end(), first, nodes_.end());
    }
    nodes_.erase(first, nodes_.end());
    return Step::element;
  }
  return Step::frame;
}

RespParser::Step RespParser::broken(std::string_view what, std::size_t at) {
  std::string context("RESP: ");
  context.append(what).append(" at byte ").append(std::to_string(at)).append(" of a frame");
  error_.emplace(Errc::protocol_error, std::move(context));
  return Step::broken;
}

}  // namespace larder::redis

#include <larder/redis/value.hpp>

#include <charconv>
#include <string>
#include <utility>

#include <larder/redis/server_error.hpp>

#include "numbers.hpp"

namespace larder::redis {
namespace {

bool is_text(Kind kind) noexcept {
  return kind == Kind::simple || kind == Kind::bulk || kind == Kind::verbatim;
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::simple:
      return "simple";
    case Kind::bulk:
      return "bulk";
    case Kind::verbatim:
      return "verbatim";
    case Kind::integer:
      return "integer";
    case Kind::real:
      return "real";
    case Kind::boolean:
      return "boolean";
    case Kind::big_number:
      return "big_number";
    case Kind::error:
      return "error";
    case Kind::array:
      return "array";
    case Kind::map:
      return "map";
    case Kind::set:
      return "set";
    case Kind::push:
      return "push";
  }
  std::unreachable();
}

std::unexpected<Error> Value::unexpected_kind(std::string_view expected) const {
  if (is_error()) {
    return std::unexpected(to_error(text()));
  }
  std::string context("reply: expected ");
  context.append(expected).append(", got ").append(to_string(kind()));
  return fail(Errc::protocol_error, std::move(context));
}

Result<std::string_view> Value::as_text() const {
  if (!is_text(kind())) {
    return unexpected_kind("text");
  }
  return text();
}

Result<std::optional<std::string_view>> Value::as_optional_text() const {
  if (is_null()) {
    return std::nullopt;
  }
  if (!is_text(kind())) {
    return unexpected_kind("text or null");
  }
  return text();
}

Result<std::int64_t> Value::as_integer() const {
  if (kind() == Kind::integer || is_text(kind())) {
    if (const auto number = parse_integer(text())) {
      return *number;
    }
  }
  return unexpected_kind("an integer");
}

Result<double> Value::as_real() const {
  if (kind() == Kind::real || kind() == Kind::integer || is_text(kind())) {
    if (const auto number = parse_real(text())) {
      return *number;
    }
  }
  return unexpected_kind("a number");
}

Result<bool> Value::as_boolean() const {
  if (kind() == Kind::boolean) {
    return text() == "t";
  }
  if (kind() == Kind::integer && (text() == "0" || text() == "1")) {
    return text() == "1";
  }
  return unexpected_kind("a boolean");
}

Result<void> Value::as_ok() const {
  if (kind() == Kind::simple && text() == "OK") {
    return {};
  }
  return unexpected_kind("OK");
}

Result<Value> Value::as_list(std::size_t size_min) const {
  const bool is_list = kind() == Kind::array || kind() == Kind::set || kind() == Kind::push;
  if (!is_list) {
    return unexpected_kind("a list");
  }
  if (size() < size_min) {
    return fail(Errc::protocol_error, "reply: expected a list of at least " +
                                          std::to_string(size_min) + " elements, got " +
                                          std::to_string(size()));
  }
  return *this;
}

Result<Value> Value::as_map() const {
  if (kind() == Kind::map || (kind() == Kind::array && size() % 2 == 0)) {
    return *this;
  }
  return unexpected_kind("a map");
}

Value Value::operator[](std::size_t index) const noexcept {
  Iterator element = begin();
  while (index-- > 0) {
    ++element;
  }
  return *element;
}

std::optional<Value> Value::find(std::string_view key) const noexcept {
  if (kind() != Kind::map && kind() != Kind::array) {
    return std::nullopt;
  }
  for (Iterator element = begin(); element != end(); ++element) {
    const Value name = *element;
    if (++element == end()) {
      break;
    }
    if (is_text(name.kind()) && name.text() == key) {
      return *element;
    }
  }
  return std::nullopt;
}

}  // namespace larder::redis

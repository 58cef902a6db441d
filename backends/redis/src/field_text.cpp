#include "field_text.hpp"

#include <string>

#include <larder/units.hpp>

#include "numbers.hpp"

namespace larder::redis {
namespace {

std::unexpected<Error> expected(std::string_view what, std::string_view min, std::string_view max) {
  std::string context("expected ");
  context.append(what).append(" from ").append(min).append(" to ").append(max);
  return fail(Errc::invalid_argument, std::move(context));
}

}  // namespace

Result<std::uint64_t> read_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto number = parse_whole<std::uint64_t>(text);
  if (!number || *number < min || *number > max) {
    return expected("a number", std::to_string(min), std::to_string(max));
  }
  return *number;
}

Result<milliseconds> read_span(std::string_view text, milliseconds min, milliseconds max) {
  const auto span = parse_duration(text);
  if (!span || *span < min || *span > max) {
    return expected("a time (500ms, 60s, 5m, 1h)", duration_text(min), duration_text(max));
  }
  return *span;
}

Result<std::uint64_t> read_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto size = parse_size(text);
  if (!size || *size < min || *size > max) {
    return expected("a size (512B, 64KiB, 16MiB, 2GiB)", size_text(min), size_text(max));
  }
  return *size;
}

Result<bool> read_flag(std::string_view text) {
  if (text != "true" && text != "false") {
    return fail(Errc::invalid_argument, "expected true or false");
  }
  return text == "true";
}

}  // namespace larder::redis

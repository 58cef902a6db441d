#include "field_text.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>

#include "numbers.hpp"

namespace larder::redis {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kSpans{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

// No multiple of a unit overflows below it.
constexpr std::uint64_t kDigitsBound = 1'000'000'000;

std::optional<std::uint64_t> read(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number > kDigitsBound) {
    return std::nullopt;
  }
  const std::string_view name(after, end);
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

// In the largest unit that divides it.
std::string shown(std::uint64_t number, std::span<const Unit> units) {
  const Unit* best = units.data();
  for (const Unit& unit : units) {
    best = number != 0 && number % unit.factor == 0 ? &unit : best;
  }
  return std::to_string(number / best->factor).append(best->name);
}

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
  const auto number = read(text, kSpans);
  const auto least = static_cast<std::uint64_t>(min.count());
  const auto most = static_cast<std::uint64_t>(max.count());
  if (!number || *number < least || *number > most) {
    return expected("a time (500ms, 60s, 5m, 1h)", shown(least, kSpans), shown(most, kSpans));
  }
  return milliseconds(*number);
}

Result<std::uint64_t> read_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto number = read(text, kSizes);
  if (!number || *number < min || *number > max) {
    return expected("a size (512B, 64KiB, 16MiB, 2GiB)", shown(min, kSizes), shown(max, kSizes));
  }
  return *number;
}

Result<bool> read_flag(std::string_view text) {
  if (text != "true" && text != "false") {
    return fail(Errc::invalid_argument, "expected true or false");
  }
  return text == "true";
}

}  // namespace larder::redis

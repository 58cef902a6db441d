#include <larder/units.hpp>

#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

namespace larder {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit kDurations[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr Unit kSizes[] = {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};

std::optional<std::uint64_t> parse_amount(std::string_view text, std::span<const Unit> units,
                                          std::uint64_t max) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  const std::string_view name(end, text.data() + text.size());
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return number <= max / unit.factor ? std::optional(number * unit.factor) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string text_of(std::uint64_t amount, std::span<const Unit> units) {
  const Unit* largest = units.data();
  for (const Unit& unit : units) {
    largest = amount != 0 && amount % unit.factor == 0 ? &unit : largest;
  }
  return std::to_string(amount / largest->factor).append(largest->name);
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) noexcept {
  constexpr std::uint64_t kTenYears = 10ULL * 366 * 24 * 3'600'000;
  const auto amount = parse_amount(text, kDurations, kTenYears);
  if (!amount) {
    return std::nullopt;
  }
  return milliseconds(static_cast<std::int64_t>(*amount));
}

std::optional<std::size_t> parse_size(std::string_view text) noexcept {
  return parse_amount(text, kSizes, 1ULL << 50);
}

std::string duration_text(milliseconds span) {
  return span == milliseconds(0) ? "0s"
                                 : text_of(static_cast<std::uint64_t>(span.count()), kDurations);
}

std::string size_text(std::uint64_t bytes) { return text_of(bytes, kSizes); }

}  // namespace larder

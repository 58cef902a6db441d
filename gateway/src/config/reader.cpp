#include "config/reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <larder/units.hpp>

namespace larder::gateway {
namespace {

constexpr std::size_t kShownMax = 60;

// Containers are named, not shown: something secret may be inside.
std::string shown(const Json& value) {
  if (value.is_structured()) {
    return value.is_object() ? "an object" : "a list";
  }
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownMax) {
    text.resize(kShownMax);
    text.append("...");
  }
  return text;
}

}  // namespace

std::string ConfigProblem::text() const {
  std::string line = path.empty() ? "the configuration" : path;
  if (!found.empty()) {
    line.append(": found ").append(found);
  }
  return line.append(found.empty() ? ": expected " : "; expected ").append(expected);
}

void Field::problem(std::string expected) const {
  problems_->push_back({.path = path_, .found = shown(*value_), .expected = std::move(expected)});
}

void Field::secret_problem(std::string expected) const {
  problems_->push_back({.path = path_, .found = "", .expected = std::move(expected)});
}

void Field::read(bool& target) const {
  if (!value_->is_boolean()) {
    return problem("true or false");
  }
  target = value_->get<bool>();
}

void Field::read(std::string& target) const {
  if (!value_->is_string()) {
    return problem("a text");
  }
  target = value_->get<std::string>();
}

void Field::read(std::vector<std::string>& target) const {
  if (!value_->is_array() ||
      !std::ranges::all_of(*value_, [](const Json& item) { return item.is_string(); })) {
    return problem("a list of texts");
  }
  target = value_->get<std::vector<std::string>>();
}

void Field::read(milliseconds& target, milliseconds min, milliseconds max) const {
  const auto span = value_->is_string() ? parse_duration(value_->get<std::string>()) : std::nullopt;
  if (!span || *span < min || *span > max) {
    return problem(fmt::format("a duration like \"60s\" (ms, s, m, h), {} to {}",
                               duration_text(min), duration_text(max)));
  }
  target = *span;
}

void Field::read_size(std::size_t& target, std::size_t min, std::size_t max) const {
  const auto size = value_->is_string() ? parse_size(value_->get<std::string>()) : std::nullopt;
  if (!size || *size < min || *size > max) {
    return problem(fmt::format("a size like \"16MiB\" (B, KiB, MiB, GiB), {} to {}", size_text(min),
                               size_text(max)));
  }
  target = *size;
}

void Field::read_count(std::size_t& target, std::size_t min, std::size_t max) const {
  if (!value_->is_number_integer() ||
      value_->get<std::int64_t>() < static_cast<std::int64_t>(min) ||
      value_->get<std::int64_t>() > static_cast<std::int64_t>(max)) {
    return problem(fmt::format("a whole number, {} to {}", min, max));
  }
  target = value_->get<std::size_t>();
}

void Field::read_choice(std::string& target,
                        std::initializer_list<std::string_view> choices) const {
  if (!value_->is_string() ||
      std::ranges::find(choices, value_->get<std::string>()) == choices.end()) {
    return problem(fmt::format("one of {}", fmt::join(choices, ", ")));
  }
  target = value_->get<std::string>();
}

void Field::members(
    const std::function<void(const std::string& name, const Field& field)>& each) const {
  if (!value_->is_object()) {
    return problem("an object");
  }
  for (const auto& [name, value] : value_->items()) {
    each(name, Field(value, path_.empty() ? name : path_ + "." + name, *problems_));
  }
}

Fields::Fields(const Field& object) : object_(object) {
  if (!object.json().is_object()) {
    object.problem("an object");
  }
}

Fields::~Fields() {
  if (!object_.json().is_object()) {
    return;
  }
  object_.members([this](const std::string& name, const Field& field) {
    if (!known_.contains(name)) {
      field.secret_problem(fmt::format("a known field: {}", fmt::join(known_, ", ")));
    }
  });
}

bool Fields::has(std::string_view name) const {
  return object_.json().is_object() && object_.json().contains(name);
}

void Fields::at(std::string_view name, const std::function<void(const Field&)>& read) {
  known_.emplace(name);
  if (!has(name)) {
    return;
  }
  object_.members([&](const std::string& member, const Field& field) {
    if (member == name) {
      read(field);
    }
  });
}

}  // namespace larder::gateway

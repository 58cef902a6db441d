#include "header_params.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "json.hpp"

namespace larder::mcp {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";

// Keywords of JSON Schema whose value is a schema or a list of schemas.
constexpr std::array<std::string_view, 15> kSchemas = {
    // clang-format off
    "items", "prefixItems", "contains", "additionalProperties", "unevaluatedItems",
    "unevaluatedProperties", "propertyNames", "oneOf", "anyOf", "allOf", "not", "if", "then",
    "else", "contentSchema"};
// clang-format on
// Those whose value maps names to schemas. `properties`, the one way on which annotations
// are allowed, is not among them.
constexpr std::array<std::string_view, 4> kSchemaMaps = {"patternProperties", "dependentSchemas",
                                                         "$defs", "definitions"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) noexcept {
  return std::ranges::find(names, name) != names.end();
}

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kTokenCharacters =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() && text.find_first_not_of(kTokenCharacters) == std::string_view::npos;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return text;
}

// Walks a schema in one pass. False from any step means the schema is invalid.
class Walk {
 public:
  explicit Walk(std::string_view schema_json) : reader_(schema_json) {}

  // `on_chain` while only `properties` keys led here.
  enum class Place : std::uint8_t { on_chain, elsewhere };

  bool schema(Place place) {
    if (reader_.peek() != '{') {
      return reader_.value();
    }
    std::string_view type;
    std::string_view annotation;
    const bool whole = reader_.object([&](const json::Name& name) {
      if (name.text == kAnnotation) {
        return reader_.value(annotation);
      }
      if (name.text == "type") {
        return reader_.value(type);
      }
      return keyword(name.text, place);
    });
    return whole && (annotation.empty() || take(annotation, type, place));
  }

  std::vector<HeaderParam> take_params() { return std::move(params_); }

 private:
  bool keyword(std::string_view name, Place place) {
    if (name == "properties") {
      return schema_map(place);
    }
    if (contains(kSchemaMaps, name)) {
      return schema_map(Place::elsewhere);
    }
    if (!contains(kSchemas, name)) {
      return reader_.value();
    }
    return reader_.peek() == '[' ? reader_.array([this] { return schema(Place::elsewhere); })
                                 : schema(Place::elsewhere);
  }

  bool schema_map(Place place) {
    if (reader_.peek() != '{') {
      return reader_.value();
    }
    return reader_.object([&](const json::Name& name) {
      path_.emplace_back(name.text);
      const bool valid = schema(place);
      path_.pop_back();
      return valid;
    });
  }

  bool take(std::string_view annotation, std::string_view type, Place place) {
    auto header = json::read_string(annotation);
    auto type_name = json::read_string(type);
    const bool is_primitive =
        type_name && (*type_name == "string" || *type_name == "integer" || *type_name == "boolean");
    if (place != Place::on_chain || path_.empty() || !is_primitive || !header ||
        !is_token(*header) || !seen_.insert(lower(*header)).second) {
      return false;
    }
    params_.push_back(
        HeaderParam{.header = *std::move(header), .path = path_, .type = *std::move(type_name)});
    return true;
  }

  json::Reader reader_;
  std::vector<std::string> path_;
  std::set<std::string> seen_;
  std::vector<HeaderParam> params_;
};

}  // namespace

std::optional<std::vector<HeaderParam>> read_header_params(std::string_view schema_json) {
  if (schema_json.empty()) {
    return std::vector<HeaderParam>();
  }
  Walk walk(schema_json);
  return walk.schema(Walk::Place::on_chain) ? std::optional(walk.take_params()) : std::nullopt;
}

}  // namespace larder::mcp

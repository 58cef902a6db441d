#include <larder/mcp/headers.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base64.hpp"
#include "json.hpp"

namespace larder::mcp {
namespace {

constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
constexpr std::string_view kMethodHeader = "Mcp-Method";
constexpr std::string_view kNameHeader = "Mcp-Name";
constexpr std::string_view kParamPrefix = "Mcp-Param-";

constexpr std::string_view kSentinelBegin = "=?base64?";
constexpr std::string_view kSentinelEnd = "?=";

// 2^53 - 1: what the specification allows an integer in a header to be.
constexpr double kSafeInteger = 9007199254740991;
// Of a value that an error message quotes.
constexpr std::size_t kShown = 128;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view value) noexcept {
  const std::size_t first = value.find_first_not_of(" \t");
  return first == std::string_view::npos
             ? std::string_view()
             : value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

bool looks_encoded(std::string_view value) noexcept {
  return value.starts_with(kSentinelBegin) && value.ends_with(kSentinelEnd);
}

bool is_visible(char c) noexcept { return c >= 0x20 && c <= 0x7E; }

RpcError mismatch(std::string what) {
  return RpcError{.code = code::kHeaderMismatch, .message = "Header mismatch: " + std::move(what)};
}

// What a mirrored value is in the body.
struct Expected {
  std::string text;
  bool is_number = false;
};

std::optional<double> number(std::string_view text) noexcept {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

// 42 and 42.0 are one integer; beyond what a double holds only equal digits are.
bool same_value(const Expected& body, std::string_view header) noexcept {
  if (body.text == header || !body.is_number) {
    return body.text == header;
  }
  const auto a = number(body.text);
  const auto b = number(header);
  return a && b && *a == *b && std::fabs(*a) <= kSafeInteger;
}

// One header against one value of the body; nullopt where they agree.
class Check {
 public:
  // `name` must outlive the check.
  Check(std::span<const HeaderView> headers, std::string_view name) : name_(name) {
    for (const auto& [header, value] : headers) {
      if (same_name(header, name_)) {
        ++count_;
        value_ = trim(value);
      }
    }
  }

  [[nodiscard]] bool present() const noexcept { return count_ > 0; }
  [[nodiscard]] std::string_view value() const noexcept { return value_; }

  [[nodiscard]] std::optional<RpcError> plain(std::string_view body) const {
    return agree(std::string(value_), Expected{.text = std::string(body)});
  }

  [[nodiscard]] std::optional<RpcError> encoded(const Expected& body) const {
    return agree(decode_header_value(value_), body);
  }

  [[nodiscard]] RpcError without_value() const {
    return mismatch(fmt::format("the {} header has no value in the body.", name_));
  }

 private:
  std::optional<RpcError> agree(const std::optional<std::string>& header,
                                const Expected& body) const {
    if (count_ == 0) {
      return mismatch(fmt::format("the {} header is missing; the body has '{}'.", name_,
                                  body.text.substr(0, kShown)));
    }
    if (count_ > 1) {
      return mismatch(fmt::format("the {} header is sent more than once.", name_));
    }
    if (!header) {
      return mismatch(fmt::format("the {} header has invalid characters.", name_));
    }
    if (!same_value(body, *header)) {
      return mismatch(fmt::format("the {} header is '{}', the body has '{}'.", name_,
                                  header->substr(0, kShown), body.text.substr(0, kShown)));
    }
    return std::nullopt;
  }

  std::string_view name_;
  std::size_t count_ = 0;
  std::string_view value_;
};

// What Mcp-Name mirrors; nullptr for methods that have no such header.
const std::optional<std::string>* name_source(std::string_view method, const RequestFacts& facts) {
  if (method == "tools/call" || method == "prompts/get") {
    return &facts.name;
  }
  return method == "resources/read" ? &facts.uri : nullptr;
}

// The value at the parameter's path, a slice of the source. Absent values, null and what is no
// primitive are not mirrored.
std::optional<Expected> mirrored(std::string_view arguments_json, const HeaderParam& param) {
  std::string_view value = arguments_json;
  for (const std::string& key : param.path) {
    const auto object = json::Object::read(value);
    if (!object) {
      return std::nullopt;
    }
    value = object->find(key);
  }
  if (value.empty() || value == "null" || value.starts_with('{') || value.starts_with('[')) {
    return std::nullopt;
  }
  if (value.starts_with('"')) {
    auto text = json::read_string(value);
    return text ? std::optional(Expected{.text = *std::move(text)}) : std::nullopt;
  }
  return Expected{.text = std::string(value), .is_number = value != "true" && value != "false"};
}

// An integer in decimal, whatever the body's spelling.
std::string header_text(const Expected& value) {
  const auto read = value.is_number ? number(value.text) : std::nullopt;
  if (!read || std::fabs(*read) > kSafeInteger || std::trunc(*read) != *read) {
    return value.text;
  }
  return fmt::format("{}", static_cast<std::int64_t>(*read));
}

std::optional<RpcError> check_param(std::span<const HeaderView> headers, const HeaderParam& param,
                                    const RequestFacts& facts) {
  const std::string name = std::string(kParamPrefix) + param.header;
  const Check check(headers, name);
  const auto body = mirrored(facts.arguments_json, param);
  if (body) {
    return check.encoded(*body);
  }
  // The specification lets a server "not expect" this header; since the header claims a
  // value that the body does not have, whoever trusts it would be misled.
  return check.present() ? std::optional(check.without_value()) : std::nullopt;
}

std::optional<RpcError> check_name(std::span<const HeaderView> headers, const Message& request,
                                   const RequestFacts& facts) {
  const auto* const source = name_source(request.method, facts);
  if (source == nullptr) {
    return std::nullopt;
  }
  const Check check(headers, kNameHeader);
  if (*source) {
    return check.encoded(Expected{.text = **source});
  }
  return check.present() ? std::optional(check.without_value()) : std::nullopt;
}

}  // namespace

std::string encode_header_value(std::string_view value) {
  if (std::ranges::all_of(value, is_visible) && trim(value) == value && !looks_encoded(value)) {
    return std::string(value);
  }
  return std::string(kSentinelBegin)
      .append(base64::encode(value, base64::Alphabet::standard))
      .append(kSentinelEnd);
}

std::optional<std::string> decode_header_value(std::string_view header) {
  const std::string_view value = trim(header);
  if (looks_encoded(value) && value.size() >= kSentinelBegin.size() + kSentinelEnd.size()) {
    return base64::decode(value.substr(kSentinelBegin.size(),
                                       value.size() - kSentinelBegin.size() - kSentinelEnd.size()),
                          base64::Alphabet::standard);
  }
  const bool valid = std::ranges::all_of(value, [](char c) { return is_visible(c) || c == '\t'; });
  return valid ? std::optional(std::string(value)) : std::nullopt;
}

std::optional<RpcError> check_headers(std::span<const HeaderView> headers, const Message& request,
                                      const RequestFacts& facts,
                                      std::span<const HeaderParam> params) {
  const Check version(headers, kVersionHeader);
  // A body without a version is refused elsewhere, for what it lacks.
  if (auto error = version.plain(facts.version ? *facts.version : version.value())) {
    return error;
  }
  if (auto error = Check(headers, kMethodHeader).plain(request.method)) {
    return error;
  }
  if (auto error = check_name(headers, request, facts)) {
    return error;
  }
  for (const HeaderParam& param : params) {
    if (auto error = check_param(headers, param, facts)) {
      return error;
    }
  }
  return std::nullopt;
}

std::vector<Header> write_headers(const Outgoing& request, const RequestFacts& facts,
                                  std::span<const HeaderParam> params) {
  std::vector<Header> headers{{std::string(kVersionHeader), request.version},
                              {std::string(kMethodHeader), request.method}};
  if (const auto* const source = name_source(request.method, facts)) {
    const auto& name = request.name && request.method != "resources/read" ? request.name : *source;
    if (name) {
      headers.emplace_back(kNameHeader, encode_header_value(*name));
    }
  }
  for (const HeaderParam& param : params) {
    if (const auto value = mirrored(facts.arguments_json, param)) {
      headers.emplace_back(std::string(kParamPrefix) + param.header,
                           encode_header_value(header_text(*value)));
    }
  }
  return headers;
}

}  // namespace larder::mcp

#include "engine/stored_result.hpp"

#include <charconv>

#include <fmt/format.h>

namespace larder::gateway {
namespace {

constexpr std::string_view kForms = "spie";

}  // namespace

// One line of head: the form, the ttl in milliseconds, the type; then the body.
Bytes encode_result(ResultForm form, std::string_view type, milliseconds ttl,
                    std::string_view body) {
  std::string text;
  text.reserve(body.size() + type.size() + 24);
  fmt::format_to(std::back_inserter(text), "{}{} {}\n", static_cast<char>(form), ttl.count(), type);
  text.append(body);
  return Bytes(std::move(text));
}

std::optional<StoredResult> decode_result(const Bytes& stored) {
  const std::string_view text = stored.view();
  const std::size_t line_end = text.find('\n');
  if (text.empty() || !kForms.contains(text.front()) || line_end == std::string_view::npos) {
    return std::nullopt;
  }
  milliseconds::rep ttl = 0;
  const char* const head_end = text.data() + line_end;
  const auto [after, error] = std::from_chars(text.data() + 1, head_end, ttl);
  if (error != std::errc() || after == head_end || *after != ' ') {
    return std::nullopt;
  }
  return StoredResult{.form = static_cast<ResultForm>(text.front()),
                      .type = std::string(after + 1, head_end),
                      .ttl = milliseconds(ttl),
                      .body = stored.sub(line_end + 1)};
}

}  // namespace larder::gateway

#include "http/request_head.hpp"

#include <charconv>

#include "http/characters.hpp"

namespace larder::gateway {
namespace {

constexpr HttpFailure kBadStartLine{400, "malformed request line"};
constexpr HttpFailure kBadField{400, "malformed header field"};

// Calls `use` with each element of a comma-separated list, trimmed; empty ones are skipped.
template <typename Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto element = trimmed(list.substr(0, comma));
    if (!element.empty()) {
      use(element);
    }
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
}

// The path of a request target: origin form, absolute form, or "*" for OPTIONS.
std::optional<std::string_view> path_of(std::string_view method, std::string_view target) {
  std::string_view path = target;
  if (path == "*" && method == "OPTIONS") {
    return path;
  }
  if (!path.starts_with('/')) {
    const auto scheme = path.find("://");
    if (scheme == std::string_view::npos ||
        !(equal_ignoring_case(path.substr(0, scheme), "http") ||
          equal_ignoring_case(path.substr(0, scheme), "https"))) {
      return std::nullopt;
    }
    const auto slash = path.find_first_of("/?", scheme + 3);
    path = slash == std::string_view::npos ? path.substr(path.size()) : path.substr(slash);
  }
  return path.substr(0, path.find('?'));
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// "HTTP/1.1" and its kin: one digit, a dot, one digit.
bool is_version(std::string_view text) noexcept {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

// Where the value of a field line begins, or nothing when the line is none.
std::optional<std::size_t> name_size(std::string_view line) noexcept {
  std::size_t at = 0;
  while (at < line.size() && characters::is(line[at], characters::kToken)) {
    ++at;
  }
  // No space may stand before the colon or the line: it would be a folded line, or a name
  // that another server reads differently.
  if (at == 0 || at == line.size() || line[at] != ':') {
    return std::nullopt;
  }
  return at;
}

}  // namespace

HttpFailure check_field_line(std::string_view line) noexcept {
  const auto name = name_size(line);
  return name && is_field_value(line.substr(*name + 1)) ? HttpFailure{} : kBadField;
}

void RequestHead::clear() noexcept {
  auto fields = std::move(fields_);
  fields.clear();
  *this = RequestHead();
  fields_ = std::move(fields);
}

HttpFailure RequestHead::start_line(std::string_view line, std::size_t offset) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return kBadStartLine;
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || !characters::all(target, characters::kTarget) ||
      !is_version(version)) {
    return kBadStartLine;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  const auto path = path_of(method, target);
  if (!path) {
    return {400, "malformed request target"};
  }
  const auto span = [&](std::string_view part) {
    return Span{
        static_cast<std::uint32_t>(offset + static_cast<std::size_t>(part.data() - line.data())),
        static_cast<std::uint32_t>(part.size())};
  };
  method_ = span(method);
  target_ = span(target);
  path_ = span(*path);
  http_1_0_ = version.back() == '0';
  return {};
}

HttpFailure RequestHead::field_line(std::string_view line, std::size_t offset) {
  const auto size = name_size(line);
  if (!size) {
    return kBadField;
  }
  const auto name = line.substr(0, *size);
  const auto value = trimmed(line.substr(*size + 1));
  if (!is_field_value(value)) {
    return kBadField;
  }
  const auto value_at = static_cast<std::size_t>(value.data() - line.data());
  fields_.push_back(
      {.name = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size())},
       .value = {static_cast<std::uint32_t>(offset + value_at),
                 static_cast<std::uint32_t>(value.size())}});
  return note(name, value);
}

HttpFailure RequestHead::note(std::string_view name, std::string_view value) {
  // By length first: nearly every field is none of these.
  switch (name.size()) {
    case 4:
      if (equal_ignoring_case(name, "host")) {
        ++hosts_;
        if (!characters::all(value, characters::kHost)) {
          return {400, "malformed Host"};
        }
      }
      break;
    case 6:
      if (equal_ignoring_case(name, "expect")) {
        const bool known = equal_ignoring_case(value, "100-continue");
        expects_continue_ = known;
        unknown_expectation_ = unknown_expectation_ || !known;
      }
      break;
    case 10:
      if (equal_ignoring_case(name, "connection")) {
        note_connection(value);
      }
      break;
    case 14:
      if (equal_ignoring_case(name, "content-length")) {
        return note_length(value);
      }
      break;
    case 17:
      if (equal_ignoring_case(name, "transfer-encoding")) {
        // Joining two fields is legal; doing it otherwise than the next server is how requests
        // are smuggled.
        if (transfer_encoding_) {
          return {400, "Transfer-Encoding given twice"};
        }
        transfer_encoding_ = true;
        for_each_element(value, [this](std::string_view coding) {
          const bool chunked = equal_ignoring_case(coding, "chunked");
          chunked_ += chunked ? 1 : 0;
          other_coding_ = other_coding_ || !chunked;
        });
      }
      break;
    default:
      break;
  }
  return {};
}

HttpFailure RequestHead::note_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error == std::errc::result_out_of_range) {
    return {413, "request body is over body_bytes_max"};
  }
  if (error != std::errc{} || end != value.data() + value.size()) {
    return {400, "malformed Content-Length"};
  }
  if (content_length_ && *content_length_ != length) {
    return {400, "Content-Length given twice with different values"};
  }
  content_length_ = length;
  return {};
}

void RequestHead::note_connection(std::string_view value) noexcept {
  for_each_element(value, [this](std::string_view option) {
    close_ = close_ || equal_ignoring_case(option, "close");
    keep_ = keep_ || equal_ignoring_case(option, "keep-alive");
  });
}

HttpFailure RequestHead::finish() const noexcept {
  if (hosts_ > 1 || (hosts_ == 0 && !http_1_0_)) {
    return {400, "exactly one Host is needed"};
  }
  if (transfer_encoding_) {
    if (content_length_) {
      return {400, "Content-Length together with Transfer-Encoding"};
    }
    if (http_1_0_) {
      return {400, "Transfer-Encoding in HTTP/1.0"};
    }
    if (other_coding_) {
      return {501, "the only transfer coding known here is chunked"};
    }
    if (chunked_ != 1) {
      return {400, "malformed Transfer-Encoding"};
    }
  }
  if (unknown_expectation_) {
    return {417, "the only expectation known here is 100-continue"};
  }
  return {};
}

bool RequestHead::keep_alive() const noexcept { return !close_ && (!http_1_0_ || keep_); }

void RequestHead::describe(HttpRequest& request, std::vector<HeaderView>& views,
                           const char* base) const {
  const auto view = [base](Span span) { return std::string_view(base + span.offset, span.size); };
  request.method = view(method_);
  request.target = view(target_);
  // "http://host" means its root, which is written nowhere.
  request.path = path_.size != 0 ? view(path_) : std::string_view("/");
  views.clear();
  for (const auto& field : fields_) {
    views.emplace_back(view(field.name), view(field.value));
  }
  request.headers = views;
}

}  // namespace larder::gateway

// HTTP requests: the first byte says where the rest is split in two; the requests must be
// those of the bytes in one piece, within the limits, and framed in one way only.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/characters.hpp"
#include "http/request_parser.hpp"
#include "require.hpp"

namespace {

using larder::fuzz::require;
using larder::gateway::equal_ignoring_case;
using larder::gateway::HttpLimits;
using larder::gateway::HttpRequest;
using larder::gateway::is_field_value;
using larder::gateway::is_token;
using larder::gateway::ParseStep;
using larder::gateway::RequestParser;

const HttpLimits kLimits{.header_bytes_max = 256, .headers_max = 6, .body_bytes_max = 64};

struct Request {
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = false;

  friend bool operator==(const Request&, const Request&) = default;
};

struct Outcome {
  std::vector<Request> requests;
  unsigned failure = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::size_t count(const HttpRequest& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); }));
}

void check_limits(const HttpRequest& request) {
  std::size_t bytes = request.method.size() + request.target.size();
  for (const auto& [name, value] : request.headers) {
    require(is_token(name), "a header name is a token");
    require(is_field_value(value), "a header value has no control characters");
    bytes += name.size() + value.size();
  }
  require(bytes <= kLimits.header_bytes_max, "the head is within header_bytes_max");
  require(request.headers.size() <= kLimits.headers_max, "the fields are within headers_max");
  require(request.body.size() <= kLimits.body_bytes_max, "the body is within body_bytes_max");
}

void check_framing(const HttpRequest& request, bool http_1_0) {
  const auto lengths = count(request, "Content-Length");
  const auto codings = count(request, "Transfer-Encoding");
  require(lengths == 0 || codings == 0, "no length beside a transfer coding");
  require(codings <= 1, "one transfer coding at most");
  require(codings == 0 || !http_1_0, "no transfer coding in HTTP/1.0");
  require(count(request, "Host") <= 1, "one Host at most");
  require(http_1_0 || count(request, "Host") == 1, "a Host in HTTP/1.1");
  require(lengths + codings != 0 || request.body.empty(), "no body without a length");
  for (const auto& [name, value] : request.headers) {
    if (equal_ignoring_case(name, "Content-Length")) {
      std::size_t length = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      require(error == std::errc{} && end == value.data() + value.size() &&
                  length == request.body.size(),
              "the body has the length of every Content-Length");
    }
    if (equal_ignoring_case(name, "Transfer-Encoding")) {
      std::string coding;
      std::ranges::remove_copy_if(value, std::back_inserter(coding), [](char c) {
        return c == ',' || c == ' ' || c == '\t';  // empty list elements mean nothing
      });
      require(equal_ignoring_case(coding, "chunked"), "the only transfer coding is chunked");
    }
  }
}

void feed(RequestParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = parser.prepare();
    const auto size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    parser.commit(size);
    bytes.remove_prefix(size);
  }
}

// Takes the complete requests out of the parser; false when it has failed.
bool take(RequestParser& parser, Outcome& outcome) {
  while (true) {
    const auto step = parser.step();
    if (step == ParseStep::need_more) {
      return true;
    }
    if (step == ParseStep::failed) {
      outcome.failure = parser.failure().status;
      require(outcome.failure >= 400, "a failure is an error status");
      return false;
    }
    const HttpRequest& request = parser.request();
    check_limits(request);
    check_framing(request, parser.head().http_1_0());
    Request copy{.target = std::string(request.target),
                 .headers = {request.headers.begin(), request.headers.end()},
                 .body = std::string(request.body),
                 .keep_alive = parser.head().keep_alive()};
    outcome.requests.push_back(std::move(copy));
    parser.next();
  }
}

Outcome parse(std::string_view bytes, std::size_t split) {
  RequestParser parser(kLimits);
  Outcome outcome;
  for (const std::string_view part : {bytes.substr(0, split), bytes.substr(split)}) {
    feed(parser, part);
    if (!take(parser, outcome)) {
      break;
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size());
  require(whole == parse(bytes, data[0] * bytes.size() / 255), "a split changes nothing");
  return 0;
}

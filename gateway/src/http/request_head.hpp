// RequestHead: the request line and header fields, line by line, and what they say about
// the body's framing. Strict as RFC 9112 allows: what two servers could read in two ways
// is refused, because that is how requests are smuggled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <larder/gateway/http_message.hpp>

namespace larder::gateway {

// Why a request is refused; status 0 = it is not.
struct HttpFailure {
  unsigned status = 0;
  std::string_view reason{};  // a literal

  explicit operator bool() const noexcept { return status != 0; }
};

// Whether `line` (without its CRLF) is "name: value" and nothing else.
[[nodiscard]] HttpFailure check_field_line(std::string_view line) noexcept;

class RequestHead {
 public:
  void clear() noexcept;

  // A line without its CRLF; `offset` is its place in the request, because the bytes may
  // move before the request is complete.
  [[nodiscard]] HttpFailure start_line(std::string_view line, std::size_t offset);
  [[nodiscard]] HttpFailure field_line(std::string_view line, std::size_t offset);
  // After the last field: do they make sense together?
  [[nodiscard]] HttpFailure finish() const noexcept;

  [[nodiscard]] std::size_t fields() const noexcept { return fields_.size(); }
  [[nodiscard]] bool started() const noexcept { return method_.size != 0; }
  [[nodiscard]] bool chunked() const noexcept { return chunked_ != 0; }
  [[nodiscard]] std::uint64_t content_length() const noexcept {
    return content_length_.value_or(0);
  }
  // Whether the client wants the connection kept for another request.
  [[nodiscard]] bool keep_alive() const noexcept;
  [[nodiscard]] bool http_1_0() const noexcept { return http_1_0_; }
  // Whether the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_ && !http_1_0_; }

  // Fills in everything but body and peer. `base` is where the request begins now; `views`
  // keeps the header views.
  void describe(HttpRequest& request, std::vector<HeaderView>& views, const char* base) const;

 private:
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Span name;
    Span value;
  };

  HttpFailure note(std::string_view name, std::string_view value);
  HttpFailure note_length(std::string_view value);
  void note_connection(std::string_view value) noexcept;

  Span method_;
  Span target_;
  Span path_;
  std::vector<Field> fields_;
  std::optional<std::uint64_t> content_length_;
  unsigned hosts_ = 0;
  unsigned chunked_ = 0;            // how often "chunked" was named
  bool other_coding_ = false;       // a transfer coding that is not chunked
  bool transfer_encoding_ = false;  // the field was there at all
  bool http_1_0_ = false;
  bool close_ = false;
  bool keep_ = false;
  bool expects_continue_ = false;
  bool unknown_expectation_ = false;
};

}  // namespace larder::gateway

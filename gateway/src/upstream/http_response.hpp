// HttpResponse: one HTTP/1.1 response, read incrementally. Sans-I/O: bytes in, body out.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <larder/clock.hpp>
#include <larder/error.hpp>

namespace larder::gateway {

class HttpResponse {
 public:
  static constexpr std::size_t kHeadBytesMax = 32U << 10;
  // 1xx responses before the real one; more is a broken server.
  static constexpr unsigned kInterimMax = 8;

  explicit HttpResponse(std::size_t body_bytes_max);
  ~HttpResponse();
  HttpResponse(HttpResponse&&) noexcept;
  HttpResponse& operator=(HttpResponse&&) noexcept;

  // Errc::protocol_error or too_large; the connection is of no use afterwards.
  [[nodiscard]] Result<void> feed(std::string_view bytes);
  // The peer closed. An error when the response was not complete.
  [[nodiscard]] Result<void> end();

  // Where the body is an event stream, its length has no bound; its reader has.
  void lift_body_limit();

  [[nodiscard]] bool head_done() const noexcept;
  [[nodiscard]] bool done() const noexcept;
  // All below: only when head_done().
  [[nodiscard]] unsigned status() const noexcept;
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has_content_type(std::string_view type) const;  // parameters ignored
  [[nodiscard]] std::string take_body();  // what has arrived since the last take

  // How long the connection may wait for its next request; nullopt = it must be closed.
  [[nodiscard]] std::optional<milliseconds> reusable_for() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace larder::gateway

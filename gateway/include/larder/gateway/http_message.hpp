// A request and a reply as values: no sockets, no coroutines.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <larder/bytes.hpp>

namespace larder::gateway {

using HeaderView = std::pair<std::string_view, std::string_view>;

// Views into the connection's buffer, valid until the handler's reply is complete.
struct HttpRequest {
  std::string_view method;  // "POST"
  std::string_view target;  // "/mcp?x=1", as sent
  std::string_view path;    // without the query
  std::span<const HeaderView> headers;
  std::string_view body;
  std::string_view peer;  // the client's address, "127.0.0.1"

  // The first header of that name (any case); empty where absent.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

// The body is a sequence of parts that are written with one gathering write, so stored
// bytes go to the socket without a copy.
struct HttpReply {
  unsigned status = 200;
  std::string_view content_type = "application/json";  // a literal; empty = no body
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Bytes> body;
  bool close = false;       // end the connection after it
  std::string log_members;  // for the access log: "name":value, ... as JSON

  [[nodiscard]] std::size_t body_bytes() const noexcept;
};

[[nodiscard]] HttpReply text_reply(unsigned status, std::string_view content_type,
                                   std::string body);

}  // namespace larder::gateway

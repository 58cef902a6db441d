// The status line and header fields of a reply.
#pragma once

#include <string>
#include <string_view>

#include <larder/gateway/http_message.hpp>

namespace larder::gateway {

struct ReplyHead {
  std::string_view date;   // an IMF-fixdate; empty = no Date field
  bool http_1_0 = false;   // the client's version
  bool keep_alive = true;  // the connection serves another request
};

// Writes the head of `reply` over `out`, up to and with the empty line. Content-Length and
// Content-Type are ours; a field in reply.headers that is not one well-formed line is left
// out, so no value can begin a header or a body of its own.
void write_head(std::string& out, const HttpReply& reply, const ReplyHead& options);

// {"error":"<reason>"} with that status; `reason` is a literal without quotes or controls.
[[nodiscard]] HttpReply error_reply(unsigned status, std::string_view reason);

// Caches the text of the Date field, which changes once a second.
class DateText {
 public:
  [[nodiscard]] std::string_view now();

 private:
  long long second_ = -1;
  std::string text_;
};

}  // namespace larder::gateway

#include "http/reply_head.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "http/characters.hpp"

namespace larder::gateway {
namespace {

std::string_view reason_of(unsigned status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";  // a reason is for people, and may be empty
  }
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void write_head(std::string& out, const HttpReply& reply, const ReplyHead& options) {
  out.assign("HTTP/1.1 ");
  append_number(out, reply.status);
  out.append(" ").append(reason_of(reply.status)).append("\r\n");
  if (reply.status != 204 && reply.status != 304) {
    if (!reply.body.empty() && !reply.content_type.empty()) {
      append_field(out, "Content-Type", reply.content_type);
    }
    out.append("Content-Length: ");
    append_number(out, reply.body_bytes());
    out.append("\r\n");
  }
  for (const auto& [name, value] : reply.headers) {
    if (is_token(name) && is_field_value(value)) {
      append_field(out, name, value);
    }
  }
  if (!options.date.empty()) {
    append_field(out, "Date", options.date);
  }
  if (!options.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (options.http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

HttpReply error_reply(unsigned status, std::string_view reason) {
  return text_reply(status, "application/json", "{\"error\":\"" + std::string(reason) + "\"}");
}

std::string_view DateText::now() {
  std::timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec != second_) {
    second_ = time.tv_sec;
    std::tm parts{};
    gmtime_r(&time.tv_sec, &parts);
    std::array<char, 40> text{};
    // Day and month are English in the C locale, which this program never leaves.
    const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    text_.assign(text.data(), size);
  }
  return text_;
}

}  // namespace larder::gateway

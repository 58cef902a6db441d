#include <larder/gateway/http_message.hpp>

#include "http/characters.hpp"

namespace larder::gateway {

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  for (const auto& [field, value] : headers) {
    if (equal_ignoring_case(field, name)) {
      return value;
    }
  }
  return {};
}

std::size_t HttpReply::body_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& part : body) {
    bytes += part.size();
  }
  return bytes;
}

HttpReply text_reply(unsigned status, std::string_view content_type, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = content_type;
  reply.body.emplace_back(std::move(body));
  return reply;
}

}  // namespace larder::gateway

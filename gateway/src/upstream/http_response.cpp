#include "upstream/http_response.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace larder::gateway {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

// An idle connection is not kept longer than this, whatever the server allows.
constexpr milliseconds kIdleMax{30'000};
// Servers close on their own clock; we stop using a connection this much before.
constexpr milliseconds kIdleMargin{1'000};

beast::string_view to_beast(std::string_view text) { return {text.data(), text.size()}; }
std::string_view to_std(beast::string_view text) { return {text.data(), text.size()}; }

// Seconds in "timeout=5, max=100"; nullopt where absent.
std::optional<milliseconds> keep_alive_timeout(std::string_view header) {
  static constexpr std::string_view kName = "timeout=";
  const std::size_t at = header.find(kName);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = header.substr(at + kName.size());
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end == digits.data()) {
    return std::nullopt;
  }
  return std::chrono::seconds(std::min(seconds, 3600U));
}

}  // namespace

class HttpResponse::Parser {
 public:
  explicit Parser(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) { restart(); }

  Result<void> feed(std::string_view bytes) {
    pending_.append(bytes);
    while (!pending_.empty() && !parser_->is_done()) {
      beast::error_code error;
      const std::size_t used = parser_->put(boost::asio::buffer(std::as_const(pending_)), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) {
        return {};
      }
      if (error) {
        return broken(error);
      }
      if (auto fine = skip_interim(); !fine) {
        return fine;
      }
    }
    return {};
  }

  Result<void> end() {
    if (!parser_->got_some()) {
      return fail(Errc::unavailable, "the server closed the connection without an answer");
    }
    beast::error_code error;
    parser_->put_eof(error);
    if (error || !parser_->is_done()) {
      return fail(Errc::unavailable, "the server closed the connection within its answer");
    }
    return {};
  }

  bool clean_end() const { return parser_->is_done() && pending_.empty(); }
  http::response_parser<http::string_body>& get() { return *parser_; }

 private:
  void restart() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(kHeadBytesMax));
    parser_->body_limit(body_bytes_max_);
    parser_->eager(true);
  }

  // 100 Continue, 103 Early Hints: not what was asked for.
  Result<void> skip_interim() {
    if (!parser_->is_done() || parser_->get().result_int() >= 200) {
      return {};
    }
    if (parser_->get().result_int() == 101 || ++interim_ > kInterimMax) {
      return fail(Errc::protocol_error, "the server sends interim responses without end");
    }
    restart();
    return {};
  }

  static Result<void> broken(const beast::error_code& error) {
    if (error == http::error::body_limit || error == http::error::header_limit) {
      return fail(Errc::too_large, "the server's answer is over the limit: " + error.message());
    }
    return fail(Errc::protocol_error, "the server's answer is not HTTP: " + error.message());
  }

  std::size_t body_bytes_max_;
  std::optional<http::response_parser<http::string_body>> parser_;
  std::string pending_;
  unsigned interim_ = 0;
};

HttpResponse::HttpResponse(std::size_t body_bytes_max)
    : parser_(std::make_unique<Parser>(body_bytes_max)) {}
HttpResponse::~HttpResponse() = default;
HttpResponse::HttpResponse(HttpResponse&&) noexcept = default;
HttpResponse& HttpResponse::operator=(HttpResponse&&) noexcept = default;

Result<void> HttpResponse::feed(std::string_view bytes) { return parser_->feed(bytes); }
Result<void> HttpResponse::end() { return parser_->end(); }
void HttpResponse::lift_body_limit() { parser_->get().body_limit(boost::none); }
bool HttpResponse::head_done() const noexcept { return parser_->get().is_header_done(); }
bool HttpResponse::done() const noexcept { return parser_->get().is_done(); }
unsigned HttpResponse::status() const noexcept { return parser_->get().get().result_int(); }

std::string_view HttpResponse::header(std::string_view name) const {
  const auto& head = parser_->get().get();
  const auto at = head.find(to_beast(name));
  return at == head.end() ? std::string_view() : to_std(at->value());
}

bool HttpResponse::has_content_type(std::string_view type) const {
  std::string_view value = header("Content-Type");
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) {
    value.remove_suffix(1);
  }
  return beast::iequals(to_beast(value), to_beast(type));
}

std::string HttpResponse::take_body() {
  return std::exchange(parser_->get().get().body(), std::string());
}

std::optional<milliseconds> HttpResponse::reusable_for() const {
  if (!parser_->clean_end() || !parser_->get().get().keep_alive()) {
    return std::nullopt;
  }
  const milliseconds told = keep_alive_timeout(header("Keep-Alive")).value_or(kIdleMax);
  const milliseconds kept = std::min(told, kIdleMax) - kIdleMargin;
  return kept > milliseconds(0) ? std::optional(kept) : std::nullopt;
}

}  // namespace larder::gateway

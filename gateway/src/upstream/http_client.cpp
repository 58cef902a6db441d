#include "upstream/http_client.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/beast/core/string.hpp>

#include <larder/runtime/deadline.hpp>

namespace larder::gateway {
namespace {

namespace asio = boost::asio;

constexpr milliseconds kDrainTime{1'000};
constexpr std::size_t kDrainBytesMax = 64U << 10;
constexpr std::size_t kDrainingMax = 64;

// Written by us; a configured header of the same name would contradict them.
constexpr std::array<std::string_view, 9> kOwnHeaders = {
    "host",   "content-length",       "content-type",   "transfer-encoding", "connection",
    "accept", "mcp-protocol-version", "mcp-session-id", "last-event-id"};

bool is_token(std::string_view name) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

bool is_own(std::string_view name) {
  return std::ranges::any_of(kOwnHeaders, [name](std::string_view own) {
    return boost::beast::iequals({own.data(), own.size()}, {name.data(), name.size()});
  });
}

Error transport_error(const boost::system::error_code& error, const char* doing) {
  if (error == asio::error::operation_aborted) {
    return Error(Errc::cancelled, doing);
  }
  return Error(Errc::unavailable, fmt::format("{}: {}", doing, error.message()));
}

}  // namespace

awaitable<Result<void>> HttpCall::read_some() {
  const std::span<char> room(buffer_.get(), kReadBytes);
  const Transferred got = co_await lease_.stream().read_some(room);
  if (got.error == asio::error::eof) {
    co_return response_.end();
  }
  if (got.error) {
    co_return std::unexpected(transport_error(got.error, "reading the answer"));
  }
  co_return response_.feed(std::string_view(buffer_.get(), got.bytes));
}

awaitable<Result<void>> HttpCall::read_head() {
  while (!response_.head_done()) {
    if (auto read = co_await read_some(); !read) {
      co_return read;
    }
  }
  co_return Result<void>();
}

awaitable<Result<std::string>> HttpCall::read_body() {
  while (!response_.done()) {
    if (auto read = co_await read_some(); !read) {
      co_return std::unexpected(std::move(read).error());
    }
  }
  co_return response_.take_body();
}

void HttpCall::release() {
  if (const auto idle = response_.reusable_for()) {
    lease_.release(*idle);
  }
}

Result<std::shared_ptr<HttpClient>> HttpClient::make(Runtime& runtime,
                                                     const asio::any_io_executor& executor,
                                                     Clock& clock, Options options) {
  for (const auto& [name, value] : options.headers) {
    if (!is_token(name) || is_own(name)) {
      return fail(Errc::invalid_argument, fmt::format("headers: '{}' cannot be set", name));
    }
    if (!is_field_value(value.reveal())) {
      return fail(Errc::invalid_argument,
                  fmt::format("headers: the value of '{}' has control characters", name));
    }
  }
  return std::make_shared<HttpClient>(runtime, executor, clock, std::move(options));
}

HttpClient::HttpClient(Runtime& runtime, asio::any_io_executor executor, Clock& clock,
                       Options options)
    : runtime_(runtime),
      executor_(std::move(executor)),
      clock_(clock),
      options_(std::move(options)),
      pool_(std::make_shared<HttpPool>(executor_, clock_, options_.pool)) {}

awaitable<Result<HttpCall>> HttpClient::send(HttpMessage message, Ticket& ticket) {
  const std::string head = write_head(message);
  for (bool again = true;; again = false) {
    auto lease = co_await pool_->acquire(message.urgency);
    if (!lease) {
      co_return std::unexpected(std::move(lease).error());
    }
    auto written = co_await write(lease->stream(), head, message.body, ticket);
    if (!written && again && !ticket.sent && written.error().code() == Errc::unavailable) {
      continue;
    }
    if (!written) {
      co_return std::unexpected(explain(written.error()));
    }
    HttpCall call(std::move(*lease), options_.body_bytes_max);
    if (auto read = co_await call.read_head(); !read) {
      co_return std::unexpected(explain(read.error()));
    }
    co_return std::move(call);
  }
}

awaitable<Result<void>> HttpClient::write(ByteStream& stream, std::string_view head,
                                          std::string_view body, Ticket& ticket) const {
  ticket.sent = true;
  bool first = true;
  while (!head.empty() || !body.empty()) {
    const Transferred put = co_await stream.write_some(head, body);
    if (put.error) {
      if (first && stream.loses_nothing() && put.bytes == 0) {
        ticket.sent = false;
      }
      co_return std::unexpected(transport_error(put.error, "sending the request"));
    }
    first = false;
    const std::size_t of_head = std::min(put.bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(put.bytes - of_head);
  }
  co_return Result<void>();
}

std::string HttpClient::write_head(const HttpMessage& message) const {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: larder\r\n", message.method,
                  options_.pool.url.target, options_.pool.url.authority);
  if (message.method == "POST") {
    head += "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n";
    head += fmt::format("Content-Length: {}\r\n", message.body.size());
  } else {
    head += "Accept: text/event-stream\r\n";
  }
  for (const auto& [name, value] : message.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  for (const auto& [name, value] : options_.headers) {
    head += fmt::format("{}: {}\r\n", name, value.reveal());
  }
  return head + "\r\n";
}

// Closing aborts what runs on a connection, which else looks like a cancellation.
Error HttpClient::explain(const Error& error) const {
  return pool_->closed() ? Error(Errc::closed, "the upstream is closed") : error;
}

void HttpClient::drain(HttpCall call) {
  if (call.response().done()) {
    call.release();
    return;
  }
  if (draining_ >= kDrainingMax) {
    return;
  }
  static constexpr auto read_rest = [](HttpCall& rest) -> awaitable<Result<void>> {
    std::size_t bytes = 0;
    while (!rest.response().done() && bytes < kDrainBytesMax) {
      if (auto read = co_await rest.read_some(); !read) {
        co_return read;
      }
      bytes += rest.response().take_body().size();
    }
    rest.release();
    co_return Result<void>();
  };
  static constexpr auto work = [](std::shared_ptr<HttpClient> self,
                                  HttpCall rest) -> awaitable<void> {
    ++self->draining_;
    (void)co_await with_deadline(self->clock_, self->clock_.in(kDrainTime), "draining",
                                 read_rest(rest));
    --self->draining_;
  };
  runtime_.spawn(executor_, "drain an upstream's answer",
                 work(shared_from_this(), std::move(call)));
}

}  // namespace larder::gateway

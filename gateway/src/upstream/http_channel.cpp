#include "upstream/http_channel.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <larder/mcp/sse.hpp>
#include <larder/runtime/deadline.hpp>
#include <larder/runtime/tls.hpp>

#include "upstream/messages.hpp"

namespace larder::gateway {
namespace {

// Where a server that broke off an answer's stream gave no wish.
constexpr milliseconds kResumeAfter{1'000};
constexpr std::size_t kRetryMaxMs = 60'000;

// Session and event ids go back to the server in a header.
bool is_header_safe(std::string_view text) {
  return !text.empty() && text.size() <= 1024 &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

// An event stream that is being read.
struct HttpChannel::Reading {
  std::shared_ptr<Ticket> ticket;  // the request it answers; null for a GET stream
  StreamCursor cursor{};
  std::size_t bytes = 0;
  std::size_t bytes_max = 0;  // 0 = no bound on the sum
};

Result<std::shared_ptr<Channel>> HttpChannel::make(Runtime& runtime,
                                                   const boost::asio::any_io_executor& executor,
                                                   const HttpUpstreamOptions& options,
                                                   const UpstreamLimits& limits, Clock& clock,
                                                   Inbox& inbox) {
  auto url = parse_url(options.url);
  if (!url) {
    return std::unexpected(std::move(url).error());
  }
  TlsContext tls;
  if (url->scheme == Scheme::https) {
    auto context = tls_client_context({});
    if (!context) {
      return std::unexpected(std::move(context).error());
    }
    tls = std::move(*context);
  }
  PoolOptions pool{.url = std::move(*url),
                   .tls = std::move(tls),
                   .connections_max = std::max<std::size_t>(options.connections_max, 1),
                   .connect_timeout = limits.connect_timeout};
  auto client = HttpClient::make(runtime, executor, clock,
                                 {.pool = std::move(pool),
                                  .headers = options.headers,
                                  .body_bytes_max = limits.answer_bytes_max});
  if (!client) {
    return std::unexpected(std::move(client).error());
  }
  return std::make_shared<HttpChannel>(executor, std::move(*client), limits.answer_bytes_max, clock,
                                       inbox);
}

// HTTP has no connection that stands for the server: calls tell when it is gone.
awaitable<Error> HttpChannel::run() {
  while (!closed_ && co_await closing_.wait()) {
  }
  co_return Error(Errc::closed, "the upstream is closed");
}

awaitable<Result<ChannelReply>> HttpChannel::request(Exchange exchange,
                                                     std::shared_ptr<Ticket> ticket) {
  HttpMessage message{.body = exchange.body, .headers = exchange.headers};
  if (exchange.kind == AnswerKind::stream) {
    message.urgency = Urgency::message;
  }
  auto call = co_await client_->send(std::move(message), *ticket);
  if (!call) {
    co_return std::unexpected(no_answer(call.error().code(), *ticket, call.error().context()));
  }
  HttpResponse& response = call->response();
  ChannelReply reply{.status = response.status()};
  if (const auto id = response.header("Mcp-Session-Id"); is_header_safe(id)) {
    reply.session_id = id;
  }
  if (reply.status == 200 && response.has_content_type("text/event-stream")) {
    response.lift_body_limit();
    co_return co_await read_stream(std::move(*call), std::move(exchange), std::move(ticket),
                                   std::move(reply));
  }
  co_return co_await read_json(std::move(*call), std::move(ticket), std::move(reply));
}

awaitable<Result<ChannelReply>> HttpChannel::read_json(HttpCall call,
                                                       std::shared_ptr<Ticket> ticket,
                                                       ChannelReply reply) {
  const auto body = co_await call.read_body();
  if (!body) {
    co_return std::unexpected(no_answer(body.error().code(), *ticket, body.error().context()));
  }
  call.release();
  if (reply.status >= 400) {
    auto message = mcp::parse_message(*body, {.bytes_max = answer_bytes_max_});
    if (message && message->id_json == ticket->id_json && !message->error_json.empty()) {
      reply.response = std::move(*message);
    } else {
      reply.error_json = error_in_body(*body);
    }
    co_return std::move(reply);
  }
  if (reply.status != 200 || !call.response().has_content_type("application/json")) {
    co_return std::move(reply);
  }
  auto message = mcp::parse_message(*body, {.bytes_max = answer_bytes_max_});
  if (!message) {
    reply.error_json = error_in_body(*body);
    if (!reply.error_json.empty()) {
      co_return std::move(reply);
    }
    co_return std::unexpected(no_answer(
        Errc::protocol_error, *ticket,
        "the answer is no JSON-RPC message: " + printable(message.error().error.message)));
  }
  if (message->kind != mcp::MessageKind::response || message->id_json != ticket->id_json) {
    inbox_.on_ignored();
    co_return std::unexpected(
        no_answer(Errc::protocol_error, *ticket, "the answer is for another request"));
  }
  reply.response = std::move(*message);
  co_return std::move(reply);
}

awaitable<Result<ChannelReply>> HttpChannel::read_stream(HttpCall call, Exchange exchange,
                                                         std::shared_ptr<Ticket> ticket,
                                                         ChannelReply reply) {
  Reading reading{.ticket = ticket};
  if (exchange.kind == AnswerKind::answer) {
    reading.bytes_max = answer_bytes_max_ * kStreamFactor;
  }
  std::optional<HttpCall> current(std::move(call));
  for (unsigned resumes = 0;; ++resumes) {
    auto found = co_await read_events(*current, reading);
    if (found && *found) {
      client_->drain(std::move(*current));
      reply.response = std::move(**found);
      co_return std::move(reply);
    }
    const bool broken_off = found || found.error().code() == Errc::unavailable;
    if (!broken_off || reading.cursor.last_id.empty() || resumes >= kResumesMax) {
      const Error why =
          found ? Error(Errc::unavailable, "the stream ended without the answer") : found.error();
      co_return std::unexpected(no_answer(why.code(), *ticket, why.context()));
    }
    current.reset();
    auto next = co_await resume(exchange, reading.cursor);
    if (!next) {
      co_return std::unexpected(no_answer(next.error().code(), *ticket, next.error().context()));
    }
    current.emplace(std::move(*next));
  }
}

// Legacy servers may break off a stream and let the client poll for the rest of it. Events
// with ids on a modern stream cannot be asked for again, but the server then just says so.
awaitable<Result<HttpCall>> HttpChannel::resume(const Exchange& exchange,
                                                const StreamCursor& cursor) {
  const milliseconds pause = cursor.retry.value_or(kResumeAfter);
  co_await clock_.sleep_until(clock_.in(pause));
  HttpMessage message{.method = "GET", .headers = exchange.headers, .urgency = Urgency::message};
  message.headers.emplace_back("Last-Event-ID", cursor.last_id);
  Ticket unused;
  auto call = co_await client_->send(std::move(message), unused);
  if (!call) {
    co_return call;
  }
  if (call->response().status() != 200 || !call->response().has_content_type("text/event-stream")) {
    co_return fail(Errc::unavailable, fmt::format("the server broke off the answer; going on with "
                                                  "it was answered {}",
                                                  call->response().status()));
  }
  call->response().lift_body_limit();
  co_return call;
}

// Reads until the response came, or the stream ended: no message then.
awaitable<Result<HttpChannel::Found>> HttpChannel::read_events(HttpCall& call, Reading& reading) {
  mcp::SseParser parser(answer_bytes_max_);
  while (true) {
    const std::string bytes = call.response().take_body();
    reading.bytes += bytes.size();
    if (reading.bytes_max != 0 && reading.bytes > reading.bytes_max) {
      co_return fail(Errc::too_large, "the stream around the answer is over its limit");
    }
    if (auto fed = parser.feed(bytes); !fed) {
      co_return std::unexpected(std::move(fed).error());
    }
    while (const auto event = parser.next()) {
      if (is_header_safe(event->id)) {
        reading.cursor.last_id = event->id;
      }
      auto found = on_event(event->data, reading);
      if (!found || *found) {
        co_return found;
      }
    }
    if (const auto retry = parser.retry_ms()) {
      reading.cursor.retry = milliseconds(std::min(*retry, kRetryMaxMs));
    }
    if (call.response().done()) {
      co_return Found();
    }
    if (auto read = co_await call.read_some(); !read) {
      co_return std::unexpected(std::move(read).error());
    }
  }
}

Result<HttpChannel::Found> HttpChannel::on_event(const std::string& data, const Reading& reading) {
  if (data.empty()) {
    return Found();  // only there for its id
  }
  auto message = mcp::parse_message(data, {.bytes_max = answer_bytes_max_});
  if (!message) {
    if (reading.bytes_max == 0) {
      inbox_.on_ignored();
      return Found();
    }
    return fail(Errc::protocol_error, "an event of the answer is no JSON-RPC message: " +
                                          printable(message.error().error.message));
  }
  if (message->kind != mcp::MessageKind::response) {
    inbox_.on_message(*message, reading.ticket.get());
    return Found();
  }
  if (reading.ticket && message->id_json == reading.ticket->id_json) {
    return Found(std::move(*message));
  }
  inbox_.on_ignored();
  return Found();
}

awaitable<Result<unsigned>> HttpChannel::send(Exchange exchange) {
  HttpMessage message{.body = std::move(exchange.body),
                      .headers = std::move(exchange.headers),
                      .urgency = Urgency::message};
  Ticket unused;
  auto call = co_await client_->send(std::move(message), unused);
  if (!call) {
    co_return std::unexpected(std::move(call).error());
  }
  const unsigned status = call->response().status();
  client_->drain(std::move(*call));
  co_return status;
}

awaitable<Result<unsigned>> HttpChannel::listen(std::vector<mcp::Header> headers,
                                                StreamCursor& cursor,
                                                std::function<void()> on_open) {
  HttpMessage message{.method = "GET", .headers = std::move(headers), .urgency = Urgency::message};
  if (!cursor.last_id.empty()) {
    message.headers.emplace_back("Last-Event-ID", cursor.last_id);
  }
  Ticket unused;
  auto call = co_await client_->send(std::move(message), unused);
  if (!call) {
    co_return std::unexpected(std::move(call).error());
  }
  HttpResponse& response = call->response();
  if (response.status() != 200 || !response.has_content_type("text/event-stream")) {
    // A 200 that is no event stream offers as little as a 405.
    co_return response.status() == 200 ? 405U : response.status();
  }
  response.lift_body_limit();
  on_open();
  Reading reading{.ticket = nullptr, .cursor = cursor};
  const auto ended = co_await read_events(*call, reading);
  cursor = reading.cursor;
  if (!ended) {
    co_return std::unexpected(ended.error());
  }
  co_return 200U;
}

awaitable<void> HttpChannel::end_session(std::vector<mcp::Header> headers) {
  Ticket unused;
  HttpMessage message{
      .method = "DELETE", .headers = std::move(headers), .urgency = Urgency::message};
  auto call = co_await client_->send(std::move(message), unused);
  if (call) {
    call->release();
  }
}

awaitable<void> HttpChannel::close() {
  closed_ = true;
  client_->close();
  closing_.notify_all();
  co_return;
}

}  // namespace larder::gateway

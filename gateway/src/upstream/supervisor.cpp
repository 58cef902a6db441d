// The life of the connection: open, agree, watch, begin again.
#include <algorithm>
#include <utility>

#include <larder/runtime/deadline.hpp>

#include "upstream/first_of.hpp"
#include "upstream/http_channel.hpp"
#include "upstream/messages.hpp"
#include "upstream/stdio_channel.hpp"
#include "upstream/upstream_impl.hpp"

namespace larder::gateway {
namespace {

// The first revision that knows the MCP-Protocol-Version header. Revisions are dates, so
// their order is that of their texts.
constexpr std::string_view kFirstWithVersionHeader = "2025-06-18";

// The first of two says why; the second only ends because of it.
awaitable<void> keep_first(std::optional<Error>& why, awaitable<Error> work) {
  Error error = co_await std::move(work);
  if (!why) {
    why = std::move(error);
  }
}

}  // namespace

std::vector<mcp::Header> Link::headers() const {
  std::vector<mcp::Header> headers;
  if (facts.version >= kFirstWithVersionHeader) {
    headers.emplace_back("MCP-Protocol-Version", facts.version);
  }
  if (!session_id.empty()) {
    headers.emplace_back("Mcp-Session-Id", session_id);
  }
  return headers;
}

awaitable<void> Upstream::Impl::supervise() {
  const UpstreamLimits& limits = options_.limits;
  Backoff backoff({.min = limits.backoff_min, .max = limits.backoff_max});
  while (true) {
    const SteadyTime begun = clock_.now();
    const Error why = co_await one_connection();
    if (closing_) {
      co_return;
    }
    const bool was_ready = link_ != nullptr;
    become_unready(why);
    const bool process = channel_ && channel_->transport() == Transport::stdio;
    if (process) {
      co_await channel_->close();
      channel_.reset();
    }
    const bool was_healthy = was_ready && clock_.now() - begun >= kHealthyAfter;
    if (was_healthy) {
      backoff.reset();
    }
    // A server that ends sessions now and then is not made to wait for; a program that
    // exits is.
    if (process || !was_healthy) {
      co_await clock_.sleep_until(clock_.in(backoff.next()));
    }
    update([](UpstreamStatus& status) { ++status.reconnects; });
  }
}

awaitable<Error> Upstream::Impl::one_connection() {
  auto channel = co_await open_channel();
  if (!channel) {
    co_return channel.error();
  }
  channel_ = *channel;
  std::optional<Error> why;
  co_await first_of(keep_first(why, channel_->run()), keep_first(why, converse(channel_)));
  co_return *why;
}

awaitable<Result<std::shared_ptr<Channel>>> Upstream::Impl::open_channel() {
  if (const auto* http = std::get_if<HttpUpstreamOptions>(&options_.transport)) {
    if (channel_) {
      co_return channel_;
    }
    co_return HttpChannel::make(runtime_, executor_, *http, options_.limits, clock_, *this);
  }
  StdioChannel::Options options{.name = options_.name,
                                .answer_bytes_max = options_.limits.answer_bytes_max};
  co_return co_await with_deadline(
      clock_, clock_.in(options_.limits.connect_timeout), "starting the process",
      StdioChannel::start(std::get<StdioUpstreamOptions>(options_.transport), std::move(options),
                          clock_, log_, *this));
}

awaitable<Error> Upstream::Impl::converse(std::shared_ptr<Channel> channel) {
  auto link = co_await shake_hands(std::move(channel));
  if (!link) {
    co_return link.error();
  }
  become_ready(*link);
  co_await first_of(listen(*link), until_broken(**link));
  co_return break_.value_or(Error(Errc::unavailable, "the stream of notifications broke"));
}

awaitable<Result<LinkPtr>> Upstream::Impl::shake_hands(std::shared_ptr<Channel> channel) {
  auto link = std::make_shared<Link>();
  HandshakeMachine machine(channel->transport(), std::exchange(next_start_, HandshakeStart::probe));
  link->channel = std::move(channel);
  HandshakeStep step = machine.start();
  while (true) {
    if (auto* done = std::get_if<HandshakeDone>(&step)) {
      link->facts = std::move(done->facts);
      co_return link;
    }
    if (auto* failed = std::get_if<HandshakeFailed>(&step)) {
      next_start_ = failed->next;
      co_return std::unexpected(failed->error);
    }
    const HandshakeReply reply = co_await perform(step, *link);
    step = machine.on_reply(reply);
  }
}

awaitable<HandshakeReply> Upstream::Impl::perform(const HandshakeStep& step, Link& link) {
  if (const auto* discover = std::get_if<SendDiscover>(&step)) {
    mcp::Outgoing request{.method = "server/discover", .version = discover->version};
    co_return co_await ask(std::move(request), link);
  }
  if (const auto* initialize = std::get_if<SendInitialize>(&step)) {
    mcp::Outgoing request{.method = "initialize",
                          .params_json = initialize_params(initialize->version),
                          .era = mcp::Era::legacy,
                          .version = initialize->version};
    co_return co_await ask(std::move(request), link);
  }
  link.facts.version = std::get<SendInitialized>(step).version;
  Exchange exchange{.body = mcp::write_notification("notifications/initialized"),
                    .headers = link.headers()};
  const auto status = co_await with_deadline(clock_, clock_.in(options_.limits.handshake_timeout),
                                             "notifications/initialized was not taken in time",
                                             link.channel->send(std::move(exchange)));
  if (!status) {
    co_return HandshakeReply{.failure = status.error()};
  }
  co_return HandshakeReply{.status = *status};
}

awaitable<HandshakeReply> Upstream::Impl::ask(mcp::Outgoing request, Link& link) {
  const auto ticket = std::make_shared<Ticket>();
  ticket->id_json = request.id_json = next_id();
  Exchange exchange{.body = mcp::write_request(request)};
  if (request.era == mcp::Era::modern) {
    exchange.headers = mcp::write_headers(request, {}, {});
  }
  auto reply = co_await with_deadline(clock_, clock_.in(options_.limits.handshake_timeout),
                                      request.method + " was not answered in time",
                                      link.channel->request(std::move(exchange), ticket));
  if (!reply) {
    co_return HandshakeReply{.failure = reply.error()};
  }
  link.session_id = reply->session_id;
  HandshakeReply answer{.status = reply->status, .error_json = std::move(reply->error_json)};
  if (reply->response) {
    answer.result_json = std::move(reply->response->result_json);
    answer.error_json = std::move(reply->response->error_json);
  }
  co_return answer;
}

void Upstream::Impl::become_ready(LinkPtr link) {
  update([&link](UpstreamStatus& status) {
    status.state = UpstreamState::ready;
    status.facts = link->facts;
    status.last_error.clear();
  });
  log_.info("upstream", "ready", {{"upstream", options_.name}, {"version", link->facts.version}});
  link_ = std::move(link);
  failure_.reset();
  break_.reset();
  changed_.notify_all();
  if (broke_) {
    // Told once more when the stream of notifications is open: what changes until then is
    // not heard either.
    push_notice({.lost = true});
  }
}

// A link that broke leaves hope that the next attempt succeeds; a failed attempt does not.
void Upstream::Impl::become_unready(const Error& why) {
  if (closing_) {
    return;  // close() still says farewell over the link
  }
  const bool was_ready = link_ != nullptr;
  // Attempts fail in turn for this or that; /health has the last reason, the log the change.
  const bool known = !was_ready && failure_.has_value();
  link_.reset();
  if (was_ready) {
    broke_ = true;
  } else {
    failure_ = why;
  }
  update([&](UpstreamStatus& status) {
    status.state = was_ready ? UpstreamState::connecting : UpstreamState::failed;
    status.last_error = why.message();
  });
  if (!known) {
    log_.warning("upstream", was_ready ? "lost" : "cannot be reached",
                 {{"upstream", options_.name}, {"why", why.message()}});
  }
  changed_.notify_all();
}

awaitable<void> Upstream::Impl::until_broken(const Link& link) {
  while (link_.get() == &link && !break_) {
    (void)co_await changed_.wait();
  }
}

// Called by who finds out that `link` is of no more use.
void Upstream::Impl::lose(const Link& link, HandshakeStart next, const Error& why) {
  if (link_.get() != &link || break_) {
    return;
  }
  break_ = why;
  next_start_ = next;
  changed_.notify_all();
}

}  // namespace larder::gateway

// One request and its answer.
#include <utility>

#include <fmt/format.h>

#include <larder/runtime/deadline.hpp>

#include "upstream/messages.hpp"
#include "upstream/upstream_impl.hpp"

namespace larder::gateway {
namespace {

// What an HTTP status without a JSON-RPC response means to the caller.
Error status_error(unsigned status) {
  if (status == 401 || status == 403) {
    return Error(Errc::access_denied, fmt::format("the server answered {}", status));
  }
  if (status == 429) {
    return Error(Errc::overloaded, "the server answered 429");
  }
  if (status >= 500) {
    return Error(Errc::unavailable, Advice::unknown_outcome,
                 fmt::format("the server answered {}", status));
  }
  return Error(Errc::protocol_error,
               fmt::format("the server answered {} without a JSON-RPC response", status));
}

Result<UpstreamReply> to_reply(ChannelReply reply, const Ticket& ticket) {
  if (reply.status == 401 || reply.status == 403) {
    return std::unexpected(status_error(reply.status));
  }
  if (reply.response) {
    const bool is_error = !reply.response->error_json.empty();
    return UpstreamReply{
        .is_error = is_error,
        .json = std::move(is_error ? reply.response->error_json : reply.response->result_json),
        .interacted = ticket.interacted};
  }
  if (!reply.error_json.empty() && reply.status != 429 && reply.status < 500) {
    return UpstreamReply{
        .is_error = true, .json = std::move(reply.error_json), .interacted = ticket.interacted};
  }
  return std::unexpected(status_error(reply.status));
}

// A legacy server that no longer knows the session did not look at the request. 404 is
// what the specification asks for; servers made from the SDK's examples answer 400 and an
// error without an id.
bool session_ended(const Link& link, const ChannelReply& reply) {
  return !link.session_id.empty() && !reply.response.has_value() &&
         (reply.status == 404 || (reply.status == 400 && !reply.error_json.empty()));
}

}  // namespace

// A call, visible to the rest of the upstream as long as this lives.
struct Upstream::Impl::Running {
  explicit Running(Impl& owner) : impl(owner), ticket(std::make_shared<Ticket>()) {
    impl.running_.insert(ticket.get());
  }
  ~Running() {
    impl.running_.erase(ticket.get());
    if (impl.closing_) {
      impl.changed_.notify_all();
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Impl& impl;
  std::shared_ptr<Ticket> ticket;
  LinkPtr link;  // it was sent on
};

awaitable<Result<LinkPtr>> Upstream::Impl::ready_link() {
  while (true) {
    if (closing_) {
      co_return fail(Errc::closed, "the upstream is closed");
    }
    if (link_ && !break_) {
      co_return link_;
    }
    if (failure_) {
      co_return std::unexpected(Error(failure_->code(), Advice::later, failure_->context()));
    }
    if (!co_await changed_.wait()) {
      co_return fail(Errc::cancelled, "waiting for the server");
    }
  }
}

awaitable<Result<UpstreamReply>> Upstream::Impl::call(UpstreamCall call) {
  if (closing_) {
    co_return fail(Errc::closed, options_.name + ": the upstream is closed");
  }
  if (running_.size() >= options_.limits.calls_max) {
    update([](UpstreamStatus& status) { ++status.failures; });
    co_return fail(Errc::overloaded, options_.name + ": too many calls at once");
  }
  const bool own = call.deadline != Deadline() && call.deadline != Deadline::max();
  const Deadline deadline = own ? call.deadline : clock_.in(options_.limits.call_timeout);
  Running running(*this);
  auto reply =
      co_await with_deadline(clock_, deadline, "no answer in time", attempt(call, running));
  update([&](UpstreamStatus& status) {
    status.calls += running.ticket->sent ? 1 : 0;
    status.failures += reply ? 0 : 1;
  });
  if (reply) {
    co_return reply;
  }
  const Error& error = reply.error();
  if (error.code() != Errc::timeout && error.code() != Errc::cancelled) {
    co_return std::unexpected(error.within(options_.name));
  }
  give_up(running);
  co_return std::unexpected(
      no_answer(error.code(), *running.ticket, error.context()).within(options_.name));
}

awaitable<Result<UpstreamReply>> Upstream::Impl::attempt(UpstreamCall& call, Running& running) {
  for (bool again = true;; again = false) {
    auto link = co_await ready_link();
    if (!link) {
      co_return std::unexpected(std::move(link).error());
    }
    running.link = *link;
    auto reply = co_await send_once(call, **link, running);
    if (!reply) {
      if (reply.error().code() == Errc::unavailable) {
        lose(**link, HandshakeStart::probe, reply.error());
      }
      co_return std::unexpected(std::move(reply).error());
    }
    if (session_ended(**link, *reply)) {
      lose(**link, HandshakeStart::initialize, Error(Errc::unavailable, "the session ended"));
      if (again) {
        running.ticket->sent = false;
        continue;
      }
    }
    co_return to_reply(std::move(*reply), *running.ticket);
  }
}

awaitable<Result<ChannelReply>> Upstream::Impl::send_once(const UpstreamCall& call,
                                                          const Link& link, Running& running) {
  mcp::Outgoing request = call.request;
  request.method = call.method;
  request.era = link.facts.era;
  request.version = link.facts.version;
  request.id_json = running.ticket->id_json = next_id();
  Exchange exchange{.body = mcp::write_request(request)};
  if (link.channel->transport() == Transport::http) {
    const bool modern = link.facts.era == mcp::Era::modern;
    exchange.headers =
        modern ? mcp::write_headers(request, call.facts, call.params) : link.headers();
  }
  co_return co_await link.channel->request(std::move(exchange), running.ticket);
}

// Nobody waits any more. On modern HTTP the closed stream has said so already.
void Upstream::Impl::give_up(const Running& running) {
  if (!running.link || !running.ticket->sent) {
    return;
  }
  const Link& link = *running.link;
  const bool http = link.channel->transport() == Transport::http;
  if (http && link.facts.era == mcp::Era::modern) {
    return;
  }
  Exchange exchange{.body = mcp::write_notification("notifications/cancelled",
                                                    cancelled_params(running.ticket->id_json))};
  if (http) {
    exchange.headers = link.headers();
  }
  errand(link.channel, std::move(exchange));
}

// We declared no capabilities, so all a server may ask for is a ping. What else it asks is
// refused, and the running call's result is known to depend on our answer.
void Upstream::Impl::on_request(const mcp::Message& message, Ticket* ticket) {
  if (link_ && link_->facts.era == mcp::Era::modern) {
    on_ignored();
    return;
  }
  Exchange exchange;
  if (message.method == "ping") {
    exchange.body = empty_result(message.id_json);
  } else {
    exchange.body = mcp::write_error(
        message.id_json, {.code = mcp::code::kMethodNotFound,
                          .message = "this gateway does not answer " + printable(message.method)});
    if (ticket != nullptr) {
      ticket->interacted = true;
    } else {
      for (Ticket* running : running_) {
        running->interacted = true;
      }
    }
  }
  if (link_) {
    exchange.headers = link_->headers();
  }
  errand(channel_, std::move(exchange));
}

// Sends what needs no answer, in the background.
void Upstream::Impl::errand(std::shared_ptr<Channel> channel, Exchange exchange) {
  if (errands_ >= kErrandsMax || closing_) {
    return;
  }
  ++errands_;
  static constexpr auto work = [](std::shared_ptr<Impl> self, std::shared_ptr<Channel> on,
                                  Exchange what) -> awaitable<void> {
    struct Done {
      ~Done() {
        --impl.errands_;
        if (impl.closing_) {
          impl.changed_.notify_all();
        }
      }
      Impl& impl;
    };
    const Done done{*self};
    const Deadline deadline = self->clock_.in(self->options_.limits.handshake_timeout);
    (void)co_await with_deadline(self->clock_, deadline, "sending", on->send(std::move(what)));
  };
  runtime_.spawn(executor_, "tell an upstream",
                 work(shared_from_this(), std::move(channel), std::move(exchange)));
}

}  // namespace larder::gateway

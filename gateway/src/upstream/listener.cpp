// Notifications: the stream they come on, and their delivery.
#include <exception>
#include <utility>

#include <larder/runtime/deadline.hpp>

#include "upstream/first_of.hpp"
#include "upstream/messages.hpp"
#include "upstream/upstream_impl.hpp"

namespace larder::gateway {

// Returns when the link is of no more use.
awaitable<void> Upstream::Impl::listen(LinkPtr link) {
  if (link->facts.era == mcp::Era::legacy) {
    co_await listen_legacy(std::move(link));
    co_return;
  }
  auto params = listen_params(link->facts.capabilities_json);
  if (!params) {
    catch_up();
    co_await wait_forever();
    co_return;
  }
  co_await listen_modern(std::move(link), std::move(*params));
}

awaitable<void> Upstream::Impl::listen_modern(LinkPtr link, std::string params) {
  Backoff backoff({.min = options_.limits.backoff_min, .max = options_.limits.backoff_max});
  while (true) {
    const SteadyTime begun = clock_.now();
    const auto ended = co_await listen_once(*link, params);
    const bool was_open = std::exchange(listening_, false);
    listen_id_.clear();
    if (was_open) {
      broke_ = true;
    } else if (!ended) {
      lose(*link, HandshakeStart::probe, ended.error());
      co_return;
    } else if (ended->status < 500) {
      log_.warning("upstream", "the server refuses to announce changes",
                   {{"upstream", options_.name}});
      catch_up();
      co_await wait_forever();
    }
    if (clock_.now() - begun >= kHealthyAfter) {
      backoff.reset();
    }
    co_await clock_.sleep_until(clock_.in(backoff.next()));
  }
}

// One subscription, from its opening to its end.
awaitable<Result<ChannelReply>> Upstream::Impl::listen_once(const Link& link,
                                                            const std::string& params) {
  const auto ticket = std::make_shared<Ticket>();
  ticket->id_json = listen_id_ = next_id();
  listen_ended_ = false;
  const mcp::Outgoing request{.id_json = ticket->id_json,
                              .method = "subscriptions/listen",
                              .params_json = params,
                              .version = link.facts.version};
  Exchange exchange{.body = mcp::write_request(request),
                    .headers = mcp::write_headers(request, {}, {}),
                    .kind = AnswerKind::stream};
  Result<ChannelReply> ended = fail(Errc::timeout, "subscriptions/listen was not acknowledged");
  static constexpr auto run = [](Channel& channel, Exchange sent, std::shared_ptr<Ticket> of,
                                 Result<ChannelReply>& into) -> awaitable<void> {
    into = co_await channel.request(std::move(sent), std::move(of));
  };
  co_await first_of(run(*link.channel, std::move(exchange), ticket, ended), listen_watch());
  co_return ended;
}

// Ends the subscription when its acknowledgement does not come in time, or when the server
// takes it back with notifications/cancelled.
awaitable<void> Upstream::Impl::listen_watch() {
  static constexpr auto opened = [](Impl& impl) -> awaitable<bool> {
    while (!impl.listening_) {
      (void)co_await impl.changed_.wait();
    }
    co_return true;
  };
  const Deadline deadline = clock_.in(options_.limits.handshake_timeout);
  if (!co_await race_deadline(clock_, deadline, opened(*this))) {
    co_return;
  }
  while (!listen_ended_) {
    (void)co_await changed_.wait();
  }
}

awaitable<void> Upstream::Impl::listen_legacy(LinkPtr link) {
  Backoff backoff({.min = options_.limits.backoff_min, .max = options_.limits.backoff_max});
  StreamCursor cursor;
  bool opened_once = false;
  while (true) {
    bool opened = false;
    const SteadyTime begun = clock_.now();
    const std::function<void()> on_open = [this, &opened] {
      opened = true;
      catch_up();
    };
    const auto status = co_await link->channel->listen(link->headers(), cursor, on_open);
    opened_once = opened_once || opened;
    if (opened) {
      broke_ = true;
    } else if (!status) {
      lose(*link, HandshakeStart::probe, status.error());
      co_return;
    } else if (*status == 404 || (*status == 400 && opened_once)) {
      lose(*link, HandshakeStart::initialize, Error(Errc::unavailable, "the session ended"));
      co_return;
    } else if (*status < 500) {
      catch_up();
      co_await wait_forever();  // 405 and its like: there is no such stream
    }
    if (clock_.now() - begun >= kHealthyAfter) {
      backoff.reset();
    }
    co_await clock_.sleep_until(clock_.in(cursor.retry.value_or(backoff.next())));
  }
}

awaitable<void> Upstream::Impl::wait_forever() {
  while (true) {
    (void)co_await changed_.wait();
  }
}

// Told only when the server can be asked again: until then what is known is all there is,
// and better than nothing.
void Upstream::Impl::catch_up() {
  if (std::exchange(broke_, false)) {
    push_notice({.lost = true});
  }
}

void Upstream::Impl::push_notice(UpstreamNotice notice) {
  if (notice.lost && !notices_.empty() && notices_.back().lost) {
    return;
  }
  if (notices_.size() >= kNoticesMax) {
    notices_.clear();
    notice = UpstreamNotice{.lost = true};
  }
  notices_.push_back(std::move(notice));
  noticed_.notify_all();
}

awaitable<void> Upstream::Impl::deliver() {
  while (true) {
    while (notices_.empty()) {
      (void)co_await noticed_.wait();
    }
    const UpstreamNotice notice = std::move(notices_.front());
    notices_.pop_front();
    try {
      co_await on_notice_(notice);
    } catch (const std::exception& error) {
      if (closing_) {
        throw;
      }
      log_.error("upstream", "a notice was not handled",
                 {{"upstream", options_.name}, {"what", error.what()}});
    }
  }
}

void Upstream::Impl::on_message(const mcp::Message& message, Ticket* ticket) {
  if (message.kind == mcp::MessageKind::request) {
    on_request(message, ticket);
    return;
  }
  if (message.method == "notifications/progress" || message.method == "notifications/message") {
    return;  // the gateway answers with one JSON object, so there is nobody to tell
  }
  if (message.method == "notifications/subscriptions/acknowledged") {
    if (!listen_id_.empty() && subscription_id(message.params_json) == listen_id_) {
      listening_ = true;
      catch_up();
      changed_.notify_all();
    }
    return;
  }
  if (message.method == "notifications/cancelled") {
    if (!listen_id_.empty() && cancelled_id(message.params_json) == listen_id_) {
      listen_ended_ = true;
      changed_.notify_all();
    }
    return;
  }
  push_notice({.method = message.method, .params_json = message.params_json});
}

void Upstream::Impl::on_ignored() {
  update([](UpstreamStatus& status) { ++status.ignored; });
}

}  // namespace larder::gateway

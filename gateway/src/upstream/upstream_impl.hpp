// Upstream::Impl: what stands between the public calls and a Channel. All but status()
// runs on one io thread.
//
//   supervise   opens the channel, finds the era, watches, and begins again after a break
//   listen      keeps the stream of notifications open
//   deliver     hands notices over, one at a time
//   call        sends one request and waits for its answer
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <larder/gateway/upstream.hpp>
#include <larder/runtime/backoff.hpp>

#include "upstream/channel.hpp"
#include "upstream/signal.hpp"

namespace larder::gateway {

// What was agreed with the server. A call keeps the one it began with.
struct Link {
  std::shared_ptr<Channel> channel;
  ServerFacts facts{};
  std::string session_id{};  // legacy HTTP; may be empty

  // The headers of a legacy HTTP request after initialize.
  [[nodiscard]] std::vector<mcp::Header> headers() const;
};
using LinkPtr = std::shared_ptr<const Link>;

class Upstream::Impl final : public std::enable_shared_from_this<Impl>, public Inbox {
 public:
  // Waiting to be delivered; over it they become one `lost`.
  static constexpr std::size_t kNoticesMax = 256;
  // Answers and cancellations on their way to the server; over it they are left out.
  static constexpr std::size_t kErrandsMax = 64;
  // A connection that held so long was a good one: the next trouble starts the backoff anew.
  static constexpr milliseconds kHealthyAfter{10'000};

  Impl(Runtime& runtime, boost::asio::any_io_executor executor, UpstreamOptions options,
       NoticeHandler on_notice, Clock& clock, LogSink& log);

  // Runs in the background until close(). expect_main() is called before it is spawned.
  void expect_main() noexcept { main_runs_ = true; }
  awaitable<void> main();

  awaitable<Result<ServerFacts>> facts(Deadline deadline);
  awaitable<Result<UpstreamReply>> call(UpstreamCall call);
  awaitable<void> close();

  UpstreamStatus status() const;  // any thread
  bool closed() const noexcept { return closed_; }
  const std::string& name() const noexcept { return options_.name; }
  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

  void on_message(const mcp::Message& message, Ticket* ticket) override;
  void on_ignored() override;

 private:
  struct Running;

  awaitable<bool> farewell(LinkPtr link);

  // supervisor.cpp
  awaitable<void> supervise();
  awaitable<Error> one_connection();
  awaitable<Result<std::shared_ptr<Channel>>> open_channel();
  awaitable<Error> converse(std::shared_ptr<Channel> channel);
  awaitable<Result<LinkPtr>> shake_hands(std::shared_ptr<Channel> channel);
  awaitable<HandshakeReply> perform(const HandshakeStep& step, Link& link);
  awaitable<HandshakeReply> ask(mcp::Outgoing request, Link& link);
  void become_ready(LinkPtr link);
  void become_unready(const Error& why);
  awaitable<void> until_broken(const Link& link);

  // listener.cpp
  awaitable<void> listen(LinkPtr link);
  awaitable<void> listen_modern(LinkPtr link, std::string params);
  awaitable<Result<ChannelReply>> listen_once(const Link& link, const std::string& params);
  awaitable<void> listen_watch();
  awaitable<void> listen_legacy(LinkPtr link);
  awaitable<void> wait_forever();
  void catch_up();
  void push_notice(UpstreamNotice notice);
  awaitable<void> deliver();

  // calls.cpp
  awaitable<Result<LinkPtr>> ready_link();
  awaitable<Result<UpstreamReply>> attempt(UpstreamCall& call, Running& running);
  awaitable<Result<ChannelReply>> send_once(const UpstreamCall& call, const Link& link,
                                            Running& running);
  void give_up(const Running& running);
  void on_request(const mcp::Message& message, Ticket* ticket);
  void errand(std::shared_ptr<Channel> channel, Exchange exchange);
  void lose(const Link& link, HandshakeStart next, const Error& why);
  std::string next_id() { return std::to_string(++last_id_); }
  template <typename Change>
  void update(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

  Runtime& runtime_;
  boost::asio::any_io_executor executor_;
  UpstreamOptions options_;
  NoticeHandler on_notice_;
  Clock& clock_;
  LogSink& log_;

  mutable std::mutex mutex_;
  UpstreamStatus status_;  // guarded by mutex_

  Signal changed_;  // link_, failure_, closing_, or the end of something
  std::shared_ptr<Channel> channel_;
  LinkPtr link_;                  // null while not ready
  std::optional<Error> failure_;  // of the last attempt; empty while ready or hopeful
  std::optional<Error> break_;    // why the link is to be given up
  HandshakeStart next_start_ = HandshakeStart::probe;
  bool broke_ = false;  // notifications may have been missed since the last `lost`

  std::string listen_id_;  // of the open subscriptions/listen
  bool listening_ = false;
  bool listen_ended_ = false;  // by the server's notifications/cancelled

  Signal noticed_;
  std::deque<UpstreamNotice> notices_;

  std::unordered_set<Ticket*> running_;
  std::size_t errands_ = 0;
  std::uint64_t last_id_ = 0;
  bool main_runs_ = false;
  bool closing_ = false;
  std::atomic<bool> closed_ = false;
};

}  // namespace larder::gateway

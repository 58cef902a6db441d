#include "upstream/stdio_channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <larder/runtime/deadline.hpp>

#include "upstream/first_of.hpp"
#include "upstream/line_splitter.hpp"
#include "upstream/messages.hpp"

namespace larder::gateway {
namespace {

namespace asio = boost::asio;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16U << 10;
// Around an answer of the largest size: jsonrpc, id, result.
constexpr std::size_t kEnvelopeBytes = 4U << 10;

}  // namespace

// A request that waits for its answer, in the table as long as this lives.
struct StdioChannel::Waiting {
  Waiting(StdioChannel& owner, std::shared_ptr<Ticket> of)
      : channel(owner), ticket(std::move(of)), answered(channel.executor_) {
    channel.waiting_.emplace(ticket->id_json, this);
  }
  ~Waiting() {
    channel.waiting_.erase(ticket->id_json);
    ticket->abandoned = true;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  StdioChannel& channel;
  std::shared_ptr<Ticket> ticket;
  Signal answered;
  std::optional<mcp::Message> answer;
};

awaitable<Result<std::shared_ptr<Channel>>> StdioChannel::start(StdioUpstreamOptions process,
                                                                Options options, Clock& clock,
                                                                LogSink& log, Inbox& inbox) {
  auto child = co_await ChildProcess::start(std::move(process));
  if (!child) {
    co_return std::unexpected(std::move(child).error());
  }
  const auto executor = co_await asio::this_coro::executor;
  co_return std::make_shared<StdioChannel>(executor, std::move(*child), std::move(options), clock,
                                           log, inbox);
}

StdioChannel::StdioChannel(const asio::any_io_executor& executor,
                           std::unique_ptr<ChildProcess> process, Options options, Clock& clock,
                           LogSink& log, Inbox& inbox)
    : executor_(executor),
      process_(std::move(process)),
      options_(std::move(options)),
      clock_(clock),
      log_(log),
      inbox_(inbox),
      queued_(executor),
      over_(executor) {}

awaitable<Error> StdioChannel::run() {
  co_await serve();
  if (!broken_) {
    const std::string how = process_over_ ? process_->state_text() : "closed its pipes";
    break_off(Error(Errc::unavailable, "the process " + how));
  }
  co_return *broken_;
}

// Whichever ends first ends the channel. Reading goes on for a while after the process
// has ended, since its last answer may still be in the pipe.
awaitable<void> StdioChannel::serve() {
  co_await first_of(first_of(read_answers(), write_lines()), first_of(watch_exit(), read_log()));
}

awaitable<void> StdioChannel::read_answers() {
  LineSplitter lines(options_.answer_bytes_max + kEnvelopeBytes);
  std::array<char, kReadBytes> bytes;
  while (true) {
    const auto [error, count] =
        co_await process_->out().async_read_some(asio::buffer(bytes), kAsTuple);
    if (error) {
      co_await both_over(output_over_, process_over_);
      co_return;
    }
    lines.feed(std::string_view(bytes.data(), count));
    while (const auto line = lines.next()) {
      on_line(*line);
    }
    if (lines.overflown()) {
      break_off(Error(Errc::too_large, "the process writes a line that is over the limit"));
      co_return;
    }
  }
}

awaitable<void> StdioChannel::write_lines() {
  while (true) {
    while (queue_.empty()) {
      (void)co_await queued_.wait();
    }
    const Line line = std::move(queue_.front());
    queue_.pop_front();
    queue_bytes_ -= line.text.size();
    if (line.ticket && line.ticket->abandoned) {
      continue;
    }
    if (line.ticket) {
      line.ticket->sent = true;
    }
    const auto [error, count] =
        co_await asio::async_write(process_->in(), asio::buffer(line.text), kAsTuple);
    if (error) {
      break;
    }
  }
  co_await clock_.sleep_until(clock_.in(kAfterlife));
}

awaitable<void> StdioChannel::watch_exit() {
  co_await process_->ended();
  co_await both_over(process_over_, output_over_);
}

// The end of the process and the end of its output come in any order. Who sees the first
// waits a while for the second, to lose no answer and to know how it ended.
awaitable<void> StdioChannel::both_over(bool& this_one, const bool& the_other) {
  static constexpr auto over = [](Signal& changed, const bool& flag) -> awaitable<bool> {
    while (!flag) {
      (void)co_await changed.wait();
    }
    co_return true;
  };
  this_one = true;
  over_.notify_all();
  const Deadline deadline = clock_.in(kAfterlife);
  (void)co_await race_deadline(clock_, deadline, over(over_, the_other));
}

awaitable<void> StdioChannel::read_log() {
  LineSplitter lines(kStderrLineMax);
  std::array<char, kReadBytes / 4> bytes;
  while (true) {
    const auto [error, count] =
        co_await process_->err().async_read_some(asio::buffer(bytes), kAsTuple);
    if (error) {
      break;
    }
    lines.feed(std::string_view(bytes.data(), count));
    while (const auto line = lines.next()) {
      on_log_line(*line);
    }
    if (lines.overflown()) {
      lines.drop();
    }
  }
  // A server may close its stderr and live on.
  co_await clock_.sleep_until(SteadyTime::max());
}

void StdioChannel::on_log_line(std::string_view line) {
  const SteadyTime now = clock_.now();
  if (now - log_second_ >= std::chrono::seconds(1)) {
    log_second_ = now;
    log_lines_ = 0;
  }
  if (++log_lines_ <= kStderrLinesPerSecond) {
    log_.info("upstream", printable(line), {{"upstream", options_.name}, {"from", "stderr"}});
  } else if (log_lines_ == kStderrLinesPerSecond + 1) {
    log_.info("upstream", "more lines in this second are dropped",
              {{"upstream", options_.name}, {"from", "stderr"}});
  }
}

void StdioChannel::on_line(std::string_view line) {
  if (line.empty()) {
    return;
  }
  auto message =
      mcp::parse_message(line, {.bytes_max = options_.answer_bytes_max + kEnvelopeBytes});
  if (!message) {
    inbox_.on_ignored();
    return;
  }
  if (message->kind != mcp::MessageKind::response) {
    inbox_.on_message(*message, nullptr);
    return;
  }
  const auto found = waiting_.find(message->id_json);
  if (found == waiting_.end()) {
    inbox_.on_ignored();
    return;
  }
  found->second->answer = std::move(*message);
  found->second->answered.notify_all();
}

awaitable<Result<ChannelReply>> StdioChannel::request(Exchange exchange,
                                                      std::shared_ptr<Ticket> ticket) {
  Waiting waiting(*this, ticket);
  if (auto queued = enqueue(std::move(exchange.body), ticket); !queued) {
    co_return std::unexpected(std::move(queued).error());
  }
  while (!waiting.answer) {
    if (broken_) {
      co_return std::unexpected(no_answer(broken_->code(), *ticket, broken_->context()));
    }
    if (!co_await waiting.answered.wait()) {
      co_return std::unexpected(no_answer(Errc::cancelled, *ticket, "waiting for the answer"));
    }
  }
  co_return ChannelReply{.response = std::move(waiting.answer)};
}

awaitable<Result<unsigned>> StdioChannel::send(Exchange exchange) {
  if (auto queued = enqueue(std::move(exchange.body), nullptr); !queued) {
    co_return std::unexpected(std::move(queued).error());
  }
  co_return 202U;
}

Result<void> StdioChannel::enqueue(std::string text, std::shared_ptr<Ticket> ticket) {
  if (broken_) {
    return std::unexpected(Error(broken_->code(), Advice::later, broken_->context()));
  }
  if (queue_bytes_ + text.size() > kQueueBytesMax) {
    return fail(Errc::overloaded, "the process does not read what was sent to it");
  }
  // Line ends between JSON tokens are legal in JSON and not on this transport. Inside
  // strings they cannot stand unescaped.
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  text += '\n';
  queue_bytes_ += text.size();
  queue_.push_back(Line{.text = std::move(text), .ticket = std::move(ticket)});
  queued_.notify_all();
  return {};
}

void StdioChannel::break_off(Error why) {
  broken_ = std::move(why);
  for (const auto& [id, waiting] : waiting_) {
    waiting->answered.notify_all();
  }
}

awaitable<Result<unsigned>> StdioChannel::listen(std::vector<mcp::Header> /*headers*/,
                                                 StreamCursor& /*cursor*/,
                                                 std::function<void()> /*on_open*/) {
  co_return 405U;  // notifications come in band
}

awaitable<void> StdioChannel::end_session(std::vector<mcp::Header> /*headers*/) { co_return; }

awaitable<void> StdioChannel::close() {
  if (!broken_) {
    break_off(Error(Errc::closed, "the upstream is closed"));
  }
  co_await process_->end(clock_, kPatience);
}

}  // namespace larder::gateway

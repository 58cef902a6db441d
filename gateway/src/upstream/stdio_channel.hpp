// StdioChannel: a child process that speaks newline-delimited JSON-RPC on its pipes.
// Source: MCP 2026-07-28 basic/transports/stdio.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>

#include <larder/log.hpp>

#include "upstream/channel.hpp"
#include "upstream/child_process.hpp"
#include "upstream/signal.hpp"

namespace larder::gateway {

class StdioChannel final : public Channel {
 public:
  // Waiting to be written; over it requests are Errc::overloaded.
  static constexpr std::size_t kQueueBytesMax = 16U << 20;
  // Between stdin closed, SIGTERM and SIGKILL.
  static constexpr milliseconds kPatience{1'000};
  // How long what the process wrote before it ended may still be read.
  static constexpr milliseconds kAfterlife{1'000};
  static constexpr unsigned kStderrLinesPerSecond = 20;
  static constexpr std::size_t kStderrLineMax = 8U << 10;

  struct Options {
    std::string name;  // of the upstream, for the log
    std::size_t answer_bytes_max = 16U << 20;
  };

  // Starts the process. Errors are ChildProcess::start's.
  [[nodiscard]] static awaitable<Result<std::shared_ptr<Channel>>> start(
      StdioUpstreamOptions process, Options options, Clock& clock, LogSink& log, Inbox& inbox);

  StdioChannel(const boost::asio::any_io_executor& executor, std::unique_ptr<ChildProcess> process,
               Options options, Clock& clock, LogSink& log, Inbox& inbox);

  Transport transport() const noexcept override { return Transport::stdio; }
  awaitable<Error> run() override;
  awaitable<Result<ChannelReply>> request(Exchange exchange,
                                          std::shared_ptr<Ticket> ticket) override;
  awaitable<Result<unsigned>> send(Exchange exchange) override;
  awaitable<Result<unsigned>> listen(std::vector<mcp::Header> headers, StreamCursor& cursor,
                                     std::function<void()> on_open) override;
  awaitable<void> end_session(std::vector<mcp::Header> headers) override;
  awaitable<void> close() override;

 private:
  struct Line {
    std::string text;
    std::shared_ptr<Ticket> ticket;  // null for notifications and responses by us
  };
  struct Waiting;

  awaitable<void> serve();
  awaitable<void> read_answers();
  awaitable<void> read_log();
  awaitable<void> write_lines();
  awaitable<void> watch_exit();
  awaitable<void> both_over(bool& this_one, const bool& the_other);
  Result<void> enqueue(std::string text, std::shared_ptr<Ticket> ticket);
  void on_line(std::string_view line);
  void on_log_line(std::string_view line);
  void break_off(Error why);

  boost::asio::any_io_executor executor_;
  std::unique_ptr<ChildProcess> process_;
  Options options_;
  Clock& clock_;
  LogSink& log_;
  Inbox& inbox_;
  Signal queued_;
  Signal over_;
  bool process_over_ = false;
  bool output_over_ = false;
  std::deque<Line> queue_;
  std::size_t queue_bytes_ = 0;
  std::unordered_map<std::string, Waiting*> waiting_;  // by id
  std::optional<Error> broken_;
  SteadyTime log_second_{};
  unsigned log_lines_ = 0;  // in that second
};

}  // namespace larder::gateway

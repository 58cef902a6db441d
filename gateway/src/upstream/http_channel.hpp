// HttpChannel: Streamable HTTP, of both eras. One POST for each message; the answer is one
// JSON object or an event stream. Redirects are not followed: a credential goes where the
// operator sent it and nowhere else.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "upstream/channel.hpp"
#include "upstream/http_client.hpp"
#include "upstream/signal.hpp"

namespace larder::gateway {

class HttpChannel final : public Channel {
 public:
  // An answer in an event stream may have so many times answer_bytes_max around it, in
  // progress and log notifications.
  static constexpr std::size_t kStreamFactor = 4;
  // How often the stream of one answer is taken up again after the server broke it off.
  static constexpr unsigned kResumesMax = 16;

  // Errc::invalid_argument when the url or a configured header cannot be used.
  [[nodiscard]] static Result<std::shared_ptr<Channel>> make(
      Runtime& runtime, const boost::asio::any_io_executor& executor,
      const HttpUpstreamOptions& options, const UpstreamLimits& limits, Clock& clock, Inbox& inbox);

  HttpChannel(const boost::asio::any_io_executor& executor, std::shared_ptr<HttpClient> client,
              std::size_t answer_bytes_max, Clock& clock, Inbox& inbox)
      : client_(std::move(client)),
        answer_bytes_max_(answer_bytes_max),
        clock_(clock),
        inbox_(inbox),
        closing_(executor) {}

  Transport transport() const noexcept override { return Transport::http; }
  awaitable<Error> run() override;
  awaitable<Result<ChannelReply>> request(Exchange exchange,
                                          std::shared_ptr<Ticket> ticket) override;
  awaitable<Result<unsigned>> send(Exchange exchange) override;
  awaitable<Result<unsigned>> listen(std::vector<mcp::Header> headers, StreamCursor& cursor,
                                     std::function<void()> on_open) override;
  awaitable<void> end_session(std::vector<mcp::Header> headers) override;
  awaitable<void> close() override;

 private:
  struct Reading;
  using Found = std::optional<mcp::Message>;  // the response, if it came

  awaitable<Result<ChannelReply>> read_json(HttpCall call, std::shared_ptr<Ticket> ticket,
                                            ChannelReply reply);
  awaitable<Result<ChannelReply>> read_stream(HttpCall call, Exchange exchange,
                                              std::shared_ptr<Ticket> ticket, ChannelReply reply);
  awaitable<Result<Found>> read_events(HttpCall& call, Reading& reading);
  awaitable<Result<HttpCall>> resume(const Exchange& exchange, const StreamCursor& cursor);
  Result<Found> on_event(const std::string& data, const Reading& reading);

  std::shared_ptr<HttpClient> client_;
  std::size_t answer_bytes_max_;
  Clock& clock_;
  Inbox& inbox_;
  Signal closing_;
  bool closed_ = false;
};

}  // namespace larder::gateway

// HttpClient: one HTTP/1.1 request at a time on pooled connections. Knows nothing of MCP.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <larder/gateway/upstream.hpp>
#include <larder/runtime/runtime.hpp>

#include "upstream/channel.hpp"
#include "upstream/http_pool.hpp"
#include "upstream/http_response.hpp"

namespace larder::gateway {

// A request that was written, and its response so far. Ending its life before the response
// is complete closes the connection, which is how a modern request is cancelled.
class HttpCall {
 public:
  HttpCall(Lease lease, std::size_t body_bytes_max)
      : lease_(std::move(lease)), response_(body_bytes_max) {}

  [[nodiscard]] HttpResponse& response() noexcept { return response_; }
  // Reads what is there, at least one byte or the end.
  [[nodiscard]] awaitable<Result<void>> read_some();
  [[nodiscard]] awaitable<Result<void>> read_head();
  // The rest of the body.
  [[nodiscard]] awaitable<Result<std::string>> read_body();
  // Gives the connection back for further requests, if it is fit for them.
  void release();

 private:
  friend class HttpClient;
  static constexpr std::size_t kReadBytes = 16U << 10;

  Lease lease_;
  HttpResponse response_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
};

struct HttpMessage {
  std::string_view method = "POST";
  std::string body{};
  std::vector<mcp::Header> headers{};
  Urgency urgency = Urgency::call;
};

class HttpClient : public std::enable_shared_from_this<HttpClient> {
 public:
  struct Options {
    PoolOptions pool;
    std::vector<std::pair<std::string, Secret>> headers{};
    std::size_t body_bytes_max = 16U << 20;
  };

  // Errc::invalid_argument when a configured header cannot be sent.
  [[nodiscard]] static Result<std::shared_ptr<HttpClient>> make(
      Runtime& runtime, const boost::asio::any_io_executor& executor, Clock& clock,
      Options options);

  HttpClient(Runtime& runtime, boost::asio::any_io_executor executor, Clock& clock,
             Options options);

  // Writes the request and reads the head of its response. A connection that fails before
  // it took the first byte is replaced once; what was sent is never sent again. Sets
  // ticket.sent before the first byte is written.
  [[nodiscard]] awaitable<Result<HttpCall>> send(HttpMessage message, Ticket& ticket);

  // Reads the rest of a response whose answer is known, so that its connection can be used
  // again. In the background, for a second at most.
  void drain(HttpCall call);

  // Closes all connections; what runs ends with Errc::closed.
  void close() { pool_->close(); }

 private:
  awaitable<Result<void>> write(ByteStream& stream, std::string_view head, std::string_view body,
                                Ticket& ticket) const;
  std::string write_head(const HttpMessage& message) const;
  Error explain(const Error& error) const;

  Runtime& runtime_;
  boost::asio::any_io_executor executor_;
  Clock& clock_;
  Options options_;
  std::shared_ptr<HttpPool> pool_;
  std::size_t draining_ = 0;
};

}  // namespace larder::gateway

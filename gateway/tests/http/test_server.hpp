// A server with handlers that tests steer.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include <larder/gateway/http_server.hpp>
#include <larder/runtime/runtime.hpp>

namespace larder::gateway {

// Holds handlers until the test opens it. One server thread.
class Gate {
 public:
  // Awaited by a handler: true when the test opened the gate, false when cancelled.
  [[nodiscard]] awaitable<bool> pass();

  // Blocks the test until `count` handlers have arrived, or have been cancelled.
  void await_arrived(int count);
  void await_cancelled(int count);
  // Lets go of all that wait on that executor.
  void open(const boost::asio::any_io_executor& executor);

 private:
  void await(const int& number, int count);

  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  int cancelled_ = 0;
  // Used on the server's thread only.
  std::vector<boost::asio::steady_timer*> waiting_;
  bool open_ = false;
};

class RecordingLog final : public LogSink {
 public:
  void write(LogLevel level, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override;
  [[nodiscard]] std::vector<std::string> lines();

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// "/echo" answers the request body; "/hold" does so once the gate opens; "/throw" throws;
// "/close" closes; "/big" answers kBigBytes in two parts; "/facts" tells what it was asked.
class TestServer {
 public:
  static constexpr std::size_t kBigBytes = 8U << 20;

  explicit TestServer(HttpLimits limits = {}, std::size_t threads = 1,
                      std::function<void(const HttpExchange&)> observe = {});
  ~TestServer();

  [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
  [[nodiscard]] HttpServerStats stats() const noexcept { return server_->stats(); }
  [[nodiscard]] Gate& gate() noexcept { return gate_; }
  void open_gate() { gate_.open(runtime_.executor(0)); }
  [[nodiscard]] RecordingLog& log() noexcept { return log_; }
  [[nodiscard]] Runtime& runtime() noexcept { return runtime_; }

  // Begins to stop and returns when it has; stop_in_background() returns when it has begun.
  void stop();
  void stop_in_background();

 private:
  awaitable<HttpReply> handle(const HttpRequest& request);

  RecordingLog log_;
  Runtime runtime_;
  Gate gate_;
  std::unique_ptr<HttpServer> server_;
  bool stopping_ = false;
};

}  // namespace larder::gateway

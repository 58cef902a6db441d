#include "http/test_server.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <stdexcept>

#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::gateway {

namespace asio = boost::asio;

awaitable<bool> Gate::pass() {
  asio::steady_timer timer(co_await asio::this_coro::executor, SteadyTime::max());
  waiting_.push_back(&timer);
  {
    const std::lock_guard lock(mutex_);
    ++arrived_;
  }
  changed_.notify_all();
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  std::erase(waiting_, &timer);
  if (!open_) {
    const std::lock_guard lock(mutex_);
    ++cancelled_;
    changed_.notify_all();
  }
  co_return open_;
}

void Gate::await(const int& number, int count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return number >= count; }));
}

void Gate::await_arrived(int count) { await(arrived_, count); }
void Gate::await_cancelled(int count) { await(cancelled_, count); }

void Gate::open(const asio::any_io_executor& executor) {
  asio::post(executor, [this] {
    open_ = true;
    for (auto* const timer : waiting_) {
      timer->cancel();
    }
  });
}

void RecordingLog::write(LogLevel, std::string_view component, std::string_view message,
                         std::initializer_list<LogField> fields) noexcept {
  std::string line = std::string(component) + ": " + std::string(message);
  for (const auto& [name, value] : fields) {
    line += " " + std::string(name) + "=" + std::string(value);
  }
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> RecordingLog::lines() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

TestServer::TestServer(HttpLimits limits, std::size_t threads,
                       std::function<void(const HttpExchange&)> observe)
    : runtime_(threads, log_) {
  HttpServerOptions options;
  options.limits = limits;
  auto started = HttpServer::start(
      runtime_, options, [this](const HttpRequest& request) { return handle(request); },
      std::move(observe), log_);
  if (!started) {
    throw std::runtime_error(started.error().message());
  }
  server_ = std::move(*started);
}

TestServer::~TestServer() {
  stop();
  // Waits for a stop in the background, before the server goes.
  runtime_.stop();
}

void TestServer::stop() {
  if (!stopping_) {
    stopping_ = true;
    runtime_.run("stop", server_->stop());
  }
}

void TestServer::stop_in_background() {
  stopping_ = true;
  runtime_.spawn(runtime_.executor(0), "stop", server_->stop());
  // What is posted now runs after the stop has begun on that thread.
  std::promise<void> begun;
  asio::post(runtime_.executor(0), [&begun] { begun.set_value(); });
  begun.get_future().wait();
}

awaitable<HttpReply> TestServer::handle(const HttpRequest& request) {
  if (request.path == "/throw") {
    throw std::runtime_error("out of paper");
  }
  if (request.path == "/hold" && !co_await gate_.pass()) {
    co_return text_reply(500, "text/plain", "cancelled");
  }
  if (request.path == "/big") {
    HttpReply reply;
    reply.body = {Bytes(std::string(kBigBytes / 2, 'a')), Bytes(std::string(kBigBytes / 2, 'b'))};
    co_return reply;
  }
  if (request.path == "/facts") {
    co_return text_reply(200, "text/plain",
                         std::string(request.method) + " " + std::string(request.target) + " " +
                             std::string(request.header("x-fact")) + " " +
                             std::string(request.body) + " " + std::string(request.peer));
  }
  auto reply = text_reply(200, "text/plain", std::string(request.body));
  reply.close = request.path == "/close";
  co_return reply;
}

}  // namespace larder::gateway

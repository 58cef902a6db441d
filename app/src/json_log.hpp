// The program's log: one JSON object per line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <larder/gateway/http_server.hpp>
#include <larder/log.hpp>

namespace spdlog {
class logger;
}

namespace larder::app {

// What happens to the program, on stderr. Any thread.
class JsonLog final : public LogSink {
 public:
  explicit JsonLog(LogLevel level);
  ~JsonLog() override;

  void write(LogLevel level, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override;

 private:
  std::shared_ptr<spdlog::logger> logger_;
  LogLevel level_;
};

// What clients asked: one line for each exchange. Lines are buffered for up to a second
// when they go to a file.
class AccessLog {
 public:
  // "stderr", "off", or the path of a file that is appended to.
  [[nodiscard]] static Result<std::unique_ptr<AccessLog>> open(const std::string& target);
  ~AccessLog();

  void write(const gateway::HttpExchange& exchange) noexcept;

 private:
  explicit AccessLog(std::shared_ptr<spdlog::logger> logger) noexcept;
  std::shared_ptr<spdlog::logger> logger_;  // null when off
};

}  // namespace larder::app

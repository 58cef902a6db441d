#include "json_log.hpp"

#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <larder/mcp/rpc.hpp>

namespace larder::app {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

using Line = fmt::memory_buffer;

void append_time(Line& line) {
  const auto now = std::chrono::system_clock::now();
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
  fmt::format_to(std::back_inserter(line), "{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}.{:03d}Z\"",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis.count());
}

std::shared_ptr<spdlog::logger> make_logger(std::string name, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>(std::move(name), std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  return logger;
}

}  // namespace

JsonLog::JsonLog(LogLevel level)
    : logger_(make_logger("larder", std::make_shared<spdlog::sinks::stderr_sink_mt>())),
      level_(level) {}

JsonLog::~JsonLog() = default;

void JsonLog::write(LogLevel level, std::string_view component, std::string_view message,
                    std::initializer_list<LogField> fields) noexcept {
  if (level < level_) {
    return;
  }
  Line line;
  append_time(line);
  fmt::format_to(std::back_inserter(line), ",\"level\":\"{}\",\"component\":{},\"message\":{}",
                 kLevels[std::to_underlying(level)], mcp::quote_json(component),
                 mcp::quote_json(message));
  for (const auto& [name, value] : fields) {
    fmt::format_to(std::back_inserter(line), ",{}:{}", mcp::quote_json(name),
                   mcp::quote_json(value));
  }
  line.push_back('}');
  logger_->info(std::string_view(line.data(), line.size()));
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& target) {
  if (target == "off") {
    return std::unique_ptr<AccessLog>(new AccessLog(nullptr));
  }
  if (target == "stderr") {
    return std::unique_ptr<AccessLog>(
        new AccessLog(make_logger("access", std::make_shared<spdlog::sinks::stderr_sink_mt>())));
  }
  try {
    auto logger =
        make_logger("access", std::make_shared<spdlog::sinks::basic_file_sink_mt>(target));
    spdlog::register_logger(logger);
    spdlog::flush_every(std::chrono::seconds(1));
    return std::unique_ptr<AccessLog>(new AccessLog(std::move(logger)));
  } catch (const spdlog::spdlog_ex& error) {
    return fail(Errc::invalid_argument, std::string("server.access_log: ") + error.what());
  }
}

AccessLog::AccessLog(std::shared_ptr<spdlog::logger> logger) noexcept
    : logger_(std::move(logger)) {}

AccessLog::~AccessLog() {
  if (logger_) {
    logger_->flush();
    spdlog::drop(logger_->name());
  }
}

void AccessLog::write(const gateway::HttpExchange& exchange) noexcept {
  if (!logger_) {
    return;
  }
  Line line;
  append_time(line);
  fmt::format_to(std::back_inserter(line),
                 ",\"peer\":\"{}\",\"method\":{},\"path\":{},\"status\":{},\"bytes\":{},"
                 "\"duration_us\":{}",
                 exchange.request.peer, mcp::quote_json(exchange.request.method),
                 mcp::quote_json(exchange.request.path), exchange.reply.status,
                 exchange.reply.body_bytes(), exchange.duration_us);
  if (!exchange.reply.log_members.empty()) {
    fmt::format_to(std::back_inserter(line), ",{}", exchange.reply.log_members);
  }
  line.push_back('}');
  logger_->info(std::string_view(line.data(), line.size()));
}

}  // namespace larder::app

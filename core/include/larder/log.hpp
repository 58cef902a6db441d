// Where modules report what an operator should know.
//
// Modules write state changes (a store went away, came back), not attempts. The sink
// decides form and place; the program's is JSON lines. Fields are name and value; never
// put a secret, a token or a stored value into one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace larder {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

using LogField = std::pair<std::string_view, std::string_view>;

class LogSink {
 public:
  virtual ~LogSink() = default;

  // Any thread; never blocks for long, never throws. The views are read before it returns.
  virtual void write(LogLevel level, std::string_view component, std::string_view message,
                     std::initializer_list<LogField> fields) noexcept = 0;

  void info(std::string_view component, std::string_view message,
            std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::info, component, message, fields);
  }
  void warning(std::string_view component, std::string_view message,
               std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::warning, component, message, fields);
  }
  void error(std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::error, component, message, fields);
  }
};

// Drops everything. Lives as long as the program; any thread.
[[nodiscard]] LogSink& null_log() noexcept;

}  // namespace larder

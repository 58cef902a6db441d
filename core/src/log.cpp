#include <larder/log.hpp>

namespace larder {
namespace {

class NullLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) noexcept override {}
};

}  // namespace

LogSink& null_log() noexcept {
  static NullLog log;
  return log;
}

}  // namespace larder

#include "cache_fixture.hpp"

#include <stdexcept>
#include <utility>

namespace larder {

namespace asio = boost::asio;

Loader Origin::loader() {
  return [this](const LoadContext& context) { return load(context); };
}

awaitable<Result<Loaded>> Origin::load(const LoadContext& context) {
  ++loads;
  {
    const std::lock_guard lock(mutex_);
    seen_stale = context.stale;
    seen_deadline = context.deadline;
  }
  const Result<Loaded> now = answer;
  if (!heeds_cancel) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  }
  if (takes > milliseconds(0) && !co_await clock_.sleep_until(clock_.in(takes))) {
    ++cancelled;
  }
  ++ended;
  if (throws) {
    throw std::runtime_error("origin on fire");
  }
  co_return now;
}

void Log::write(LogLevel level, std::string_view component, std::string_view message,
                std::initializer_list<LogField> fields) noexcept {
  std::string line = level == LogLevel::warning ? "warning " : "info ";
  line.append(component).append(": ").append(message);
  for (const auto& [name, value] : fields) {
    line.append(" ").append(name).append("=").append(value);
  }
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> Log::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::string text_of(const Result<Answer>& answer) {
  if (!answer) {
    return answer.error().message();
  }
  return answer->value ? std::string(answer->value->view()) : "nothing";
}

}  // namespace larder

#include <larder/mcp/sse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace larder::mcp {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Result<void> SseParser::feed(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size() && !too_large_;) {
    if (after_cr_ && bytes[at] == '\n') {
      after_cr_ = false;
      ++at;
      continue;
    }
    after_cr_ = false;
    const std::size_t end = std::min(bytes.find_first_of("\r\n", at), bytes.size());
    append(bytes.substr(at, end - at));
    if (end < bytes.size() && !too_large_) {
      after_cr_ = bytes[end] == '\r';
      take_line();
    }
    at = end + 1;
  }
  if (too_large_) {
    return fail(Errc::too_large,
                "event stream: an event exceeds " + std::to_string(event_bytes_max_) + " bytes");
  }
  return {};
}

std::optional<SseEvent> SseParser::next() {
  if (ready_.empty()) {
    return std::nullopt;
  }
  SseEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void SseParser::append(std::string_view part) {
  const std::size_t held = line_.size() + data_.size() + name_.size() + id_.size();
  if (held > event_bytes_max_ || part.size() > event_bytes_max_ - held) {
    too_large_ = true;
    line_.clear();
    data_.clear();
    return;
  }
  line_.append(part);
}

void SseParser::take_line() {
  std::string_view line = line_;
  if (at_start_ && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  at_start_ = false;
  if (line.empty()) {
    dispatch();
  } else if (const std::size_t colon = line.find(':'); colon == std::string_view::npos) {
    take_field(line, {});
  } else {
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) {
      value.remove_prefix(1);
    }
    take_field(line.substr(0, colon), value);
  }
  line_.clear();
}

// A comment is a field without a name, which is none of these.
void SseParser::take_field(std::string_view field, std::string_view value) {
  if (field == "data") {
    data_.append(value).push_back('\n');
  } else if (field == "event") {
    name_ = value;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) {
      id_ = value;
    }
  } else if (field == "retry") {
    std::size_t milliseconds = 0;
    const auto [end, failure] =
        std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    if (failure == std::errc() && end == value.data() + value.size()) {
      retry_ms_ = milliseconds;
    }
  }
}

void SseParser::dispatch() {
  if (!data_.empty()) {
    data_.pop_back();  // the line break after the last line
    ready_.push_back(
        SseEvent{.name = name_.empty() ? "message" : name_, .data = std::move(data_), .id = id_});
  }
  data_.clear();
  name_.clear();
}

}  // namespace larder::mcp

// Server-sent events, read incrementally.
//
// Bytes in, whole events out; a byte order mark, CR, LF and CRLF line ends, comments and
// events split at any byte are handled as the WHATWG HTML standard (9.2) says. Bounded: an
// event over the limit ends the stream with an error instead of growing. Take the events
// out after every feed: those of one feed wait in memory until then. Data is passed on as
// received; that it is UTF-8 is for its reader to check.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <larder/error.hpp>

namespace larder::mcp {

struct SseEvent {
  std::string name;  // "message" where the stream gave none
  std::string data;
  std::string id;  // the last id seen, persistent as the standard says
};

class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  // Appends received bytes. Errc::too_large once an event exceeds the limit; the parser
  // then stays in that state.
  [[nodiscard]] Result<void> feed(std::string_view bytes);

  // The next whole event, in order; nullopt until more bytes complete one. An event the
  // stream ends within is dropped, as the standard says.
  [[nodiscard]] std::optional<SseEvent> next();

  // The last `retry:` in milliseconds, if any.
  [[nodiscard]] std::optional<std::size_t> retry_ms() const noexcept { return retry_ms_; }

 private:
  void append(std::string_view part);
  void take_line();
  void take_field(std::string_view field, std::string_view value);
  void dispatch();

  std::size_t event_bytes_max_;
  std::optional<std::size_t> retry_ms_;
  std::deque<SseEvent> ready_;
  std::string line_;  // the line that has not ended yet
  std::string name_;
  std::string data_;
  std::string id_;
  bool at_start_ = true;   // no line has ended yet
  bool after_cr_ = false;  // a line feed that comes next belongs to the last line
  bool too_large_ = false;
};

}  // namespace larder::mcp

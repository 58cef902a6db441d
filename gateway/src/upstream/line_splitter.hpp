// LineSplitter: bytes in, lines out, bounded. Sans-I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace larder::gateway {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max) noexcept : line_bytes_max_(line_bytes_max) {}

  void feed(std::string_view bytes) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    buffer_.append(bytes);
  }

  // The next line without its end (LF or CRLF); valid until feed().
  [[nodiscard]] std::optional<std::string_view> next() {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      return std::nullopt;
    }
    std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    begin_ = scanned_ = end + 1;
    return line;
  }

  // A line has begun that is longer than allowed.
  [[nodiscard]] bool overflown() const noexcept {
    return buffer_.size() - begin_ > line_bytes_max_;
  }

  // Forgets the line that has begun.
  void drop() noexcept { begin_ = scanned_ = buffer_.size(); }

 private:
  std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // no line end before this
};

}  // namespace larder::gateway

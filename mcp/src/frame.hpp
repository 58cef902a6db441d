// Fields one after another, each with its length in front, so that no two different rows
// of fields give the same bytes. Little endian on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::mcp {

class FrameWriter {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }

  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
      byte(static_cast<std::uint8_t>(value >> shift));
    }
  }

  void count(std::size_t value) { number(value); }

  void text(std::string_view value) {
    count(value.size());
    bytes_.append(value);
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

// Takes fields from the front. Once one is cut short, all further ones are empty and ok()
// is false.
class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::uint8_t byte() noexcept {
    const std::string_view taken = take(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken.front());
  }

  std::uint64_t number() noexcept {
    std::uint64_t wire = 0;
    for (int shift = 0; shift < 64; shift += 8) {
      wire |= std::uint64_t{byte()} << shift;
    }
    return wire;
  }

  // Of things that take a byte or more each, so never above what is left.
  std::size_t count() noexcept {
    const std::uint64_t wire = number();
    ok_ = ok_ && wire <= rest_.size();
    return ok_ ? wire : 0;
  }

  std::string text() { return std::string(take(count())); }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  // Everything was read and nothing is left.
  [[nodiscard]] bool done() const noexcept { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) noexcept {
    ok_ = ok_ && size <= rest_.size();
    const std::string_view taken = rest_.substr(0, ok_ ? size : 0);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace larder::mcp

// Outgoing: a head and body parts on their way to a socket, without a copy.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include <larder/bytes.hpp>

namespace larder::gateway {

// Keeps views only: head and parts must live until it is done.
class Outgoing {
 public:
  void start(std::string_view head, std::span<const Bytes> parts) noexcept {
    head_ = head;
    parts_ = parts;
    sent_ = 0;
    left_ = head.size();
    for (const auto& part : parts) {
      left_ += part.size();
    }
  }

  [[nodiscard]] bool done() const noexcept { return left_ == 0; }

  // What to write next; at most kWindow pieces. Valid until the next call.
  [[nodiscard]] std::span<const boost::asio::const_buffer> window() noexcept;

  // `count` bytes of the window are written.
  void advance(std::size_t count) noexcept;

 private:
  // One more than the parts of a usual reply; longer ones take several writes.
  static constexpr std::size_t kWindow = 16;

  std::string_view head_;
  std::span<const Bytes> parts_;
  std::size_t sent_ = 0;  // of head_, or of the first of parts_ once head_ is empty
  std::size_t left_ = 0;
  std::array<boost::asio::const_buffer, kWindow> window_;
};

}  // namespace larder::gateway

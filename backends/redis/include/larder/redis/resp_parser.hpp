// RespParser: RESP3, and RESP2 as its subset, from bytes to frames.
//
//   std::ranges::copy(received, parser.room().begin());   // or read(2) straight into it
//   parser.commit(received.size());
//   while (true) {
//     auto frame = parser.next();
//     if (!frame) return close_because(frame.error());
//     if (!*frame) break;                                  // more bytes are needed
//     use(**frame);
//   }
//
// The result does not depend on how the bytes were cut into pieces, and each byte is looked
// at a bounded number of times. After an error the stream has no meaning any more: the parser
// answers the same error for ever, until reset().
//
// Attributes are skipped: Redis sends none unless asked to (DEBUG PROTOCOL). A push that a
// server puts inside a reply (Redis before 6.2 did, redis/redis#8935) is answered as a frame
// of its own before that reply. Streamed strings and aggregates, which no server sends, are
// an error that says so. Source: github.com/redis/redis-specifications, protocol/RESP3.md.
//
// One thread. A frame is valid until the next call of next(), room() or reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <larder/error.hpp>
#include <larder/redis/receive_buffer.hpp>
#include <larder/redis/value.hpp>

namespace larder::redis {

// What a server may make us hold. A frame beyond one of these is a protocol error.
struct RespLimits {
  static constexpr std::size_t kDepthMax = 32;
  static constexpr std::size_t kElementsMax = 1 << 20;
  static constexpr std::size_t kBulkBytesMax = 512 << 20;  // the server's own bound
  static constexpr std::size_t kFrameBytesMax = 1 << 30;
  static constexpr std::size_t kLineBytesMax = 64 << 10;

  std::size_t depth_max = kDepthMax;             // aggregates within one another, 1 to 128
  std::size_t elements_max = kElementsMax;       // values in one frame, attributes included
  std::size_t bulk_bytes_max = kBulkBytesMax;    // one string
  std::size_t frame_bytes_max = kFrameBytesMax;  // one frame with all its bytes, below 4 GiB
  std::size_t line_bytes_max = kLineBytesMax;    // simple strings, errors, numbers
};

class RespParser {
 public:
  explicit RespParser(RespLimits limits = {});

  // Where to receive into: 16 KiB or more. Ends the frame that next() gave.
  [[nodiscard]] std::span<char> room();
  void commit(std::size_t bytes) noexcept { buffer_.commit(bytes); }
  // Copies the bytes in. For those who have them elsewhere.
  void feed(std::string_view bytes);

  // The next whole frame; nullopt until more bytes complete one; Errc::protocol_error naming
  // what is wrong and at which byte of the frame.
  [[nodiscard]] Result<std::optional<Value>> next();

  // As new, for the next connection.
  void reset() noexcept;

 private:
  enum class Step : std::uint8_t { element, frame, more, broken };
  enum class Role : std::uint8_t { element, attribute, inner_push };

  // An aggregate that still lacks elements.
  struct Open {
    std::uint32_t node = 0;
    std::uint32_t left = 0;
    Role role = Role::element;
  };

  // The decimal number of a header such as $5, and where it ends.
  struct Header {
    std::int64_t number = 0;
    std::size_t after = 0;
  };

  [[nodiscard]] Step step(std::string_view data);
  [[nodiscard]] Step line(std::string_view data, Kind kind);
  [[nodiscard]] Step bulk(std::string_view data, Kind kind);
  [[nodiscard]] Step bulk_body(std::string_view data);
  [[nodiscard]] Step aggregate(std::string_view data, Kind kind, Role role);
  [[nodiscard]] Step header(std::string_view data, Header& header);
  [[nodiscard]] Step add(Kind kind, std::size_t offset, std::size_t size, std::size_t after);
  [[nodiscard]] Step completed();
  [[nodiscard]] Step broken(std::string_view what, std::size_t at);
  [[nodiscard]] std::optional<Value> next_inner_push();
  void end_frame() noexcept;

  RespLimits limits_;
  ReceiveBuffer buffer_;
  std::vector<Node> nodes_;  // of the frame being read
  std::vector<Open> open_;   // the aggregates we are in
  std::vector<Node> inner_;  // whole pushes found inside the frame, one after another
  std::size_t inner_given_ = 0;
  std::size_t elements_ = 0;  // of the frame, skipped ones included
  std::size_t at_ = 0;        // bytes of the frame understood so far
  std::size_t scanned_ = 0;   // bytes of the frame that end no line
  std::size_t body_ = 0;      // the length of the string whose header was read
  Kind body_kind_ = Kind::bulk;
  bool has_body_ = false;
  bool is_complete_ = false;  // the frame is whole, and its inner pushes are being given
  bool is_given_ = false;     // next() has given it
  std::optional<Error> error_;
};

}  // namespace larder::redis

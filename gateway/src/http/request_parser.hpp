// RequestParser: bytes in, requests out. No sockets and no time, so tests split the bytes
// where they like.
//
// The bytes stay where they were received: a request is a set of views, and a chunked body
// is joined in place. One request is current at a time; what was received after it waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <larder/gateway/http_limits.hpp>
#include <larder/gateway/http_message.hpp>

#include "http/read_buffer.hpp"
#include "http/request_head.hpp"

namespace larder::gateway {

enum class ParseStep : std::uint8_t {
  need_more,  // receive into prepare(), commit(), and step() again
  complete,   // request() is valid until next()
  failed,     // failure() says why; nothing more can be read from this connection
};

class RequestParser {
 public:
  // `limits` must outlive it.
  explicit RequestParser(const HttpLimits& limits) noexcept : limits_(limits) {}

  [[nodiscard]] std::span<char> prepare() { return buffer_.prepare(); }
  void commit(std::size_t count) noexcept { buffer_.commit(count); }
  // Reads on from where the last call stopped.
  [[nodiscard]] ParseStep step();
  // Drops the complete request; the next one may already be buffered.
  void next() noexcept;

  [[nodiscard]] HttpRequest& request() noexcept { return request_; }
  [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
  [[nodiscard]] HttpFailure failure() const noexcept { return failure_; }

  // Nothing of a request has arrived.
  [[nodiscard]] bool idle() const noexcept { return state_ == State::head && buffer_.size() == 0; }
  // The headers are complete and the body is not.
  [[nodiscard]] bool in_body() const noexcept {
    return state_ != State::head && state_ != State::complete && state_ != State::failed;
  }

 private:
  enum class State : std::uint8_t {
    head,
    sized_body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    complete,
    failed,
  };

  // A line at position_ without its CRLF; nothing while it is incomplete or when it failed.
  struct Line {
    bool found = false;
    std::string_view text{};
  };

  // Each does one step of its state and returns whether there was enough to do it.
  bool advance();
  bool read_head();
  bool read_sized_body();
  bool read_chunk_size();
  bool read_chunk_data();
  bool read_chunk_end();
  bool read_trailers();

  Line next_line(std::size_t end_max, HttpFailure too_long);
  void end_head();
  void finish(std::size_t request_end);
  bool fail(HttpFailure failure) noexcept;

  const HttpLimits& limits_;
  ReadBuffer buffer_;
  RequestHead head_;
  std::vector<HeaderView> views_;
  HttpRequest request_{};
  HttpFailure failure_{};
  State state_ = State::head;
  // Offsets from the beginning of the request.
  std::size_t position_ = 0;    // parsed up to here
  std::size_t scanned_ = 0;     // no line end between position_ and here
  std::size_t body_begin_ = 0;  // after the headers
  std::size_t body_end_ = 0;    // of the part that is joined
  std::uint64_t chunk_left_ = 0;
  std::size_t trailers_end_max_ = 0;
  std::size_t trailers_ = 0;
};

}  // namespace larder::gateway

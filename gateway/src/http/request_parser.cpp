#include "http/request_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/characters.hpp"

namespace larder::gateway {
namespace {

// A chunk's size and extensions; nobody sends extensions, and a long one is an attack.
constexpr std::size_t kChunkLineBytesMax = 256;

constexpr HttpFailure kHeadTooLong{431, "request headers are over header_bytes_max"};
constexpr HttpFailure kTooManyFields{431, "request headers are over headers_max"};
constexpr HttpFailure kBodyTooLarge{413, "request body is over body_bytes_max"};
constexpr HttpFailure kBadChunk{400, "malformed chunked body"};

}  // namespace

ParseStep RequestParser::step() {
  while (advance()) {
  }
  if (state_ == State::complete) {
    return ParseStep::complete;
  }
  if (state_ == State::failed) {
    return ParseStep::failed;
  }
  // Joins the body with what is yet to be parsed. Done once for all the chunks that have
  // arrived, because for each it would cost the square of their number.
  if (in_body() && state_ != State::sized_body) {
    const std::size_t gap = position_ - body_end_;
    buffer_.cut(body_end_, gap);
    position_ -= gap;
    scanned_ -= gap;
    trailers_end_max_ -= std::min(gap, trailers_end_max_);
  }
  return ParseStep::need_more;
}

bool RequestParser::advance() {
  switch (state_) {
    case State::head:
      return read_head();
    case State::sized_body:
      return read_sized_body();
    case State::chunk_size:
      return read_chunk_size();
    case State::chunk_data:
      return read_chunk_data();
    case State::chunk_end:
      return read_chunk_end();
    case State::trailers:
      return read_trailers();
    case State::complete:
    case State::failed:
      return false;
  }
  return false;
}

void RequestParser::next() noexcept {
  buffer_.consume(position_);
  head_.clear();
  request_ = HttpRequest{};
  state_ = State::head;
  position_ = scanned_ = body_begin_ = body_end_ = 0;
}

bool RequestParser::fail(HttpFailure failure) noexcept {
  failure_ = failure;
  state_ = State::failed;
  return false;
}

RequestParser::Line RequestParser::next_line(std::size_t end_max, HttpFailure too_long) {
  const auto bytes = buffer_.view();
  const auto at = bytes.find('\n', scanned_);
  if (at == std::string_view::npos) {
    scanned_ = bytes.size();
    if (bytes.size() >= end_max) {
      fail(too_long);
    }
    return {};
  }
  if (at >= end_max) {
    fail(too_long);
    return {};
  }
  if (at == position_ || bytes[at - 1] != '\r') {
    fail({400, "a line must end with CR LF"});
    return {};
  }
  const auto text = bytes.substr(position_, at - 1 - position_);
  position_ = scanned_ = at + 1;
  return {.found = true, .text = text};
}

bool RequestParser::read_head() {
  const std::size_t begin = position_;
  const auto line = next_line(limits_.header_bytes_max, kHeadTooLong);
  if (!line.found) {
    return false;
  }
  HttpFailure failure;
  if (!line.text.empty()) {
    if (head_.started() && head_.fields() == limits_.headers_max) {
      return fail(kTooManyFields);
    }
    failure =
        head_.started() ? head_.field_line(line.text, begin) : head_.start_line(line.text, begin);
  } else if (head_.started()) {
    failure = head_.finish();
    if (!failure) {
      end_head();
      return true;
    }
  }  // else an empty line before the request, which some clients send after a body
  return failure ? fail(failure) : true;
}

void RequestParser::end_head() {
  body_begin_ = body_end_ = position_;
  if (head_.chunked()) {
    state_ = State::chunk_size;
  } else if (head_.content_length() > limits_.body_bytes_max) {
    fail(kBodyTooLarge);
  } else {
    state_ = State::sized_body;
  }
}

bool RequestParser::read_sized_body() {
  const auto length = static_cast<std::size_t>(head_.content_length());
  if (buffer_.size() - body_begin_ < length) {
    return false;
  }
  body_end_ = body_begin_ + length;
  finish(body_end_);
  return true;
}

bool RequestParser::read_chunk_size() {
  const auto line = next_line(position_ + kChunkLineBytesMax, kBadChunk);
  if (!line.found) {
    return false;
  }
  const char* const end = line.text.data() + line.text.size();
  const auto [after, error] = std::from_chars(line.text.data(), end, chunk_left_, 16);
  if (error == std::errc::result_out_of_range) {
    return fail(kBodyTooLarge);
  }
  const std::string_view rest(after, static_cast<std::size_t>(end - after));
  if (error != std::errc{} || !(rest.empty() || rest.front() == ';') || !is_field_value(rest)) {
    return fail(kBadChunk);
  }
  if (chunk_left_ > limits_.body_bytes_max - (body_end_ - body_begin_)) {
    return fail(kBodyTooLarge);
  }
  state_ = chunk_left_ != 0 ? State::chunk_data : State::trailers;
  trailers_end_max_ = position_ + limits_.header_bytes_max;
  trailers_ = 0;
  return true;
}

bool RequestParser::read_chunk_data() {
  const auto here =
      static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, buffer_.size() - position_));
  std::memmove(buffer_.data() + body_end_, buffer_.data() + position_, here);
  body_end_ += here;
  position_ += here;
  scanned_ = position_;
  chunk_left_ -= here;
  if (chunk_left_ != 0) {
    return false;
  }
  state_ = State::chunk_end;
  return true;
}

bool RequestParser::read_chunk_end() {
  const auto bytes = buffer_.view().substr(position_, 2);
  if (bytes != std::string_view("\r\n").substr(0, bytes.size())) {
    return fail(kBadChunk);
  }
  if (bytes.size() < 2) {
    return false;
  }
  position_ += 2;
  scanned_ = position_;
  state_ = State::chunk_size;
  return true;
}

bool RequestParser::read_trailers() {
  const auto line = next_line(trailers_end_max_, kHeadTooLong);
  if (!line.found) {
    return false;
  }
  if (line.text.empty()) {
    finish(position_);
    return true;
  }
  // Checked and dropped: nothing here has a use for trailers.
  if (++trailers_ > limits_.headers_max) {
    return fail(kTooManyFields);
  }
  const auto failure = check_field_line(line.text);
  return failure ? fail(failure) : true;
}

void RequestParser::finish(std::size_t request_end) {
  position_ = request_end;
  head_.describe(request_, views_, buffer_.data());
  request_.body = buffer_.view().substr(body_begin_, body_end_ - body_begin_);
  state_ = State::complete;
}

}  // namespace larder::gateway

#include "http/read_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace larder::gateway {

std::span<char> ReadBuffer::prepare() {
  if (capacity_ - end_ < kRoomMin) {
    const std::size_t held = size();
    if (capacity_ - held >= std::max(kRoomMin, capacity_ / 2)) {
      std::memmove(storage_.get(), data(), held);
    } else {
      const std::size_t larger = std::max(kFirst, capacity_ * 2);
      auto storage = std::make_unique_for_overwrite<char[]>(larger);
      if (held != 0) {
        std::memcpy(storage.get(), data(), held);
      }
      storage_ = std::move(storage);
      capacity_ = larger;
    }
    begin_ = 0;
    end_ = held;
  }
  return {storage_.get() + end_, capacity_ - end_};
}

void ReadBuffer::consume(std::size_t count) noexcept {
  begin_ += count;
  if (begin_ != end_) {
    return;
  }
  begin_ = end_ = 0;
  if (capacity_ > kKept) {
    storage_.reset();
    capacity_ = 0;
  }
}

void ReadBuffer::cut(std::size_t offset, std::size_t count) noexcept {
  if (count == 0) {
    return;
  }
  char* const to = data() + offset;
  std::memmove(to, to + count, size() - offset - count);
  end_ -= count;
}

}  // namespace larder::gateway

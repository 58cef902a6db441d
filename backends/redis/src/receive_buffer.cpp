#include <larder/redis/receive_buffer.hpp>

#include <algorithm>
#include <cstring>

namespace larder::redis {

std::span<char> ReceiveBuffer::room() {
  if (capacity_ - end_ < kRoomBytesMin) {
    // Moving to the front happens once for a frame, and otherwise the memory doubles.
    const bool is_half_empty = end_ - begin_ <= capacity_ / 2 && capacity_ > 0;
    move_to(is_half_empty ? capacity_ : std::max(kInitialBytes, 2 * capacity_));
  }
  return {memory_.get() + end_, capacity_ - end_};
}

void ReceiveBuffer::consume(std::size_t bytes) noexcept {
  used_max_ = std::max(used_max_, end_ - begin_);
  begin_ += bytes;
  if (begin_ < end_) {
    return;
  }
  begin_ = end_ = 0;
  idle_rounds_ = capacity_ > kKeepBytes && used_max_ <= kKeepBytes ? idle_rounds_ + 1 : 0;
  used_max_ = 0;
  if (idle_rounds_ == kIdleRounds) {
    clear();
  }
}

void ReceiveBuffer::clear() noexcept {
  memory_.reset();
  capacity_ = begin_ = end_ = used_max_ = idle_rounds_ = 0;
}

// Also within the same memory.
void ReceiveBuffer::move_to(std::size_t capacity) {
  const std::size_t used = end_ - begin_;
  if (capacity == capacity_) {
    std::memmove(memory_.get(), memory_.get() + begin_, used);
  } else {
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) {
      std::memcpy(memory.get(), memory_.get() + begin_, used);
    }
    memory_ = std::move(memory);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace larder::redis

// ReceiveBuffer: the bytes of a connection that have arrived and are not yet consumed, in one
// piece of memory.
//
// What has to move moves once for each frame at most, so cost stays linear however small
// the reads are. It grows with what arrives, never with what a header promises, and gives
// the memory of large replies back when none have come for a while.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace larder::redis {

class ReceiveBuffer {
 public:
  static constexpr std::size_t kInitialBytes = 64 * 1024;
  // The least room that room() answers with.
  static constexpr std::size_t kRoomBytesMin = 16 * 1024;
  // Larger memory is given back after so many times that the buffer ran empty unneeded.
  static constexpr std::size_t kKeepBytes = 256 * 1024;
  static constexpr std::size_t kIdleRounds = 64;

  // Where to receive into; invalidates data().
  [[nodiscard]] std::span<char> room();
  // So many bytes were received into room().
  void commit(std::size_t bytes) noexcept { end_ += bytes; }

  [[nodiscard]] std::string_view data() const noexcept {
    return {memory_.get() + begin_, end_ - begin_};
  }
  // Drops bytes from the front of data().
  void consume(std::size_t bytes) noexcept;
  // Drops everything, the memory too.
  void clear() noexcept;

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t used_max_ = 0;  // since it last ran empty
  std::size_t idle_rounds_ = 0;
};

}  // namespace larder::redis

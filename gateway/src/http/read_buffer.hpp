// ReadBuffer: the bytes a connection has received and not yet consumed, in one piece.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace larder::gateway {

class ReadBuffer {
 public:
  // Room for at least kRoomMin more bytes; may move what is held.
  [[nodiscard]] std::span<char> prepare();
  // `count` bytes of the room are now filled.
  void commit(std::size_t count) noexcept { end_ += count; }

  [[nodiscard]] char* data() noexcept { return storage_.get() + begin_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::string_view view() const noexcept { return {storage_.get() + begin_, size()}; }

  // Forgets the first `count` bytes. Storage that grew large is given back when empty.
  void consume(std::size_t count) noexcept;
  // Takes out `count` bytes at `offset`; what follows moves down.
  void cut(std::size_t offset, std::size_t count) noexcept;

  static constexpr std::size_t kRoomMin = 1U << 10;

 private:
  static constexpr std::size_t kFirst = 4U << 10;  // most requests fit
  static constexpr std::size_t kKept = 64U << 10;  // an idle connection holds no more

  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace larder::gateway

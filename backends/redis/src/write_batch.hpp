// WriteBatch: what is handed to one gathering write, and how much of it has been written.
//
// Small things are copied into one run of bytes; large values are shared, and kept alive until
// clear(), whatever becomes of their command meanwhile: a reply may overtake the news that its
// command was written.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <larder/bytes.hpp>

namespace larder::redis {

class WriteBatch {
 public:
  // Larger memory is given back.
  static constexpr std::size_t kKeepBytes = 512 * 1024;

  // Everything has been written, or there was nothing.
  [[nodiscard]] bool empty() const noexcept { return written_ == views_.size(); }
  [[nodiscard]] std::size_t copied() const noexcept { return copies_.size(); }
  [[nodiscard]] std::size_t pieces() const noexcept { return pieces_.size(); }

  void clear();
  void copy(std::string_view bytes);
  void share(const Bytes& bytes);
  // Nothing is added any more; from here on empty(), views() and written() are meant.
  void seal();

  // What is still to be written.
  [[nodiscard]] std::span<const std::string_view> views() const noexcept {
    return std::span(views_).subspan(written_);
  }
  void written(std::size_t bytes) noexcept;

 private:
  struct Piece {
    std::size_t begin = 0;  // in copies_
    std::size_t size = 0;
    Bytes shared{};  // instead of these, if it is not empty
  };

  std::string copies_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> views_;
  std::size_t written_ = 0;  // of the views
};

}  // namespace larder::redis

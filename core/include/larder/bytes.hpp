// Bytes: an immutable, shared run of bytes.
//
// A store hands out its value without a copy, and a response writer keeps it alive while
// the socket drains. Copying a Bytes shares the storage; the bytes never change, so any
// number of threads may read them. Any byte values are allowed, NUL included.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <larder/shared.hpp>

namespace larder {

class Bytes {
 public:
  // Empty.
  Bytes() noexcept = default;

  // Takes the string over; the text is not copied.
  explicit Bytes(std::string text);

  // Views into storage that `owner` keeps alive.
  Bytes(std::shared_ptr<const void> owner, std::string_view view);

  // Views into a block, which it keeps alive.
  Bytes(SharedRef<SharedBlock> owner, std::string_view view) noexcept
      : owner_(std::move(owner)), view_(view) {}

  [[nodiscard]] static Bytes copy_of(std::string_view text) { return Bytes(std::string(text)); }

  // Valid as long as this or any copy of it lives.
  [[nodiscard]] std::string_view view() const noexcept { return view_; }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }

  // A part of it, sharing the storage. Clamped to the end.
  [[nodiscard]] Bytes sub(std::size_t offset, std::size_t count = std::string_view::npos) const;

  friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.view_ == b.view_; }

 private:
  SharedRef<SharedBlock> owner_;
  std::string_view view_;
};

}  // namespace larder

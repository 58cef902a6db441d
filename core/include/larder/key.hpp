// Key: the validated name of one thing in a store, and the only way to make a store key.
//
// A key is a namespace and an id. The namespace groups keys that are cleared, counted and
// limited together; the id is free bytes. Verb groups do not share a space: the same Key
// may name a value, a counter, a quota, a log and a channel without conflict.
//
// Everything a store keeps for one Key lives in one Redis Cluster slot (docs/formats/keys.md).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <larder/error.hpp>

namespace larder {

class Key {
 public:
  static constexpr std::size_t kNamespaceBytesMax = 64;
  static constexpr std::size_t kIdBytesMax = 1024;

  // Namespace: 1 to 64 of [a-z0-9_.-]. Id: 1 to 1024 bytes, any values. Otherwise
  // Errc::invalid_argument, naming the part and the rule.
  [[nodiscard]] static Result<Key> make(std::string_view name_space, std::string_view id);

  // For names written in the program itself. Aborts where make() would fail.
  [[nodiscard]] static Key literal(std::string_view name_space, std::string_view id);

  // Reads what text() wrote; Errc::corrupt if it is none of ours.
  [[nodiscard]] static Result<Key> parse(std::string_view text);

  [[nodiscard]] std::string_view name_space() const noexcept {
    return std::string_view(text_).substr(0, namespace_size_);
  }
  [[nodiscard]] std::string_view id() const noexcept {
    return std::string_view(text_).substr(namespace_size_ + 1);
  }

  // "namespace:id". A namespace has no colon, so no two keys share a text.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  friend bool operator==(const Key& a, const Key& b) noexcept { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
    return a.text_ <=> b.text_;
  }

 private:
  Key(std::string text, std::size_t namespace_size) noexcept
      : text_(std::move(text)), namespace_size_(static_cast<std::uint8_t>(namespace_size)) {}

  std::string text_;
  std::uint8_t namespace_size_;
};

// A tag names a group of entries that are invalidated together. It is a Key in the space
// of epochs.
using Tag = Key;

}  // namespace larder

template <>
struct std::hash<larder::Key> {
  std::size_t operator()(const larder::Key& key) const noexcept {
    return std::hash<std::string>()(key.text());
  }
};

// Value: one RESP value as it was received, read in place.
//
// A reply is kept flat: its bytes in the receive buffer, and an array of nodes in the order
// in which they arrived. A Value is two pointers into these; it allocates nothing and may be
// copied freely, but is gone when its source says so (RespParser::next, Pipeline::next).
// What is to be kept is copied out.
//
// The accessors answer Errc::protocol_error where the server sent something else than the
// caller understands, and the server's own error (server_error.hpp) where it sent one, so
// `value.as_integer()` is all that a reader of a reply has to write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include <larder/error.hpp>

namespace larder::redis {

// What RESP3 can say. RESP2's null bulk and null array are `null`; both its and RESP3's
// errors are `error`.
enum class Kind : std::uint8_t {
  null,
  simple,      // +OK
  bulk,        // $5 hello
  verbatim,    // =9 txt:hello; its text is what follows the colon
  integer,     // :42
  real,        // ,3.14
  boolean,     // #t
  big_number,  // (3492890328409238509324850943850943825024385
  error,       // -ERR or !21
  array,
  map,  // its elements are key, value, key, value
  set,
  push,  // out of band; only ever a whole frame, never an element
};

// The enumerator's own name. Valid for the life of the program.
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

// One value of a frame. Aggregates are followed by their elements.
struct Node {
  std::uint32_t offset = 0;  // of the text, from the start of the frame
  std::uint32_t size = 0;    // bytes of text, or number of elements
  std::uint32_t span = 1;    // nodes of this value: itself and all below it
  Kind kind = Kind::null;
};

class Value {
 public:
  class Iterator;

  // `frame` is where the offsets count from.
  Value(const char* frame, const Node* node) noexcept : frame_(frame), node_(node) {}

  [[nodiscard]] Kind kind() const noexcept { return node_->kind; }
  [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::null; }
  [[nodiscard]] bool is_error() const noexcept { return kind() == Kind::error; }
  [[nodiscard]] bool is_aggregate() const noexcept { return kind() >= Kind::array; }

  // The bytes of a scalar as sent, without type and line end; empty for aggregates and null.
  [[nodiscard]] std::string_view text() const noexcept {
    return is_aggregate() ? std::string_view()
                          : std::string_view(frame_ + node_->offset, node_->size);
  }

  // Simple, bulk or verbatim.
  [[nodiscard]] Result<std::string_view> as_text() const;
  // The same, or null.
  [[nodiscard]] Result<std::optional<std::string_view>> as_optional_text() const;
  // An integer, or a text that is one (many commands answer so).
  [[nodiscard]] Result<std::int64_t> as_integer() const;
  // A real, an integer, or a text that is one; inf, -inf and nan included.
  [[nodiscard]] Result<double> as_real() const;
  // A boolean, or RESP2's integer 0 or 1.
  [[nodiscard]] Result<bool> as_boolean() const;
  // Success if it is the simple string "OK".
  [[nodiscard]] Result<void> as_ok() const;
  // This value, if it is an array, set or push of at least `size_min` elements.
  [[nodiscard]] Result<Value> as_list(std::size_t size_min = 0) const;
  // This value, if it is a map or RESP2's flat list of pairs.
  [[nodiscard]] Result<Value> as_map() const;

  // Elements of an aggregate, keys and values of a map each; zero for scalars.
  [[nodiscard]] std::size_t size() const noexcept { return is_aggregate() ? node_->size : 0; }
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;
  // The element at `index` < size(), stepping over those before it.
  [[nodiscard]] Value operator[](std::size_t index) const noexcept;
  // The value of a text key, in a map or a flat list of pairs.
  [[nodiscard]] std::optional<Value> find(std::string_view key) const noexcept;

 private:
  [[nodiscard]] std::unexpected<Error> unexpected_kind(std::string_view expected) const;

  const char* frame_;
  const Node* node_;
};

class Value::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Value;

  Iterator() noexcept = default;
  Iterator(const char* frame, const Node* node) noexcept : frame_(frame), node_(node) {}

  [[nodiscard]] Value operator*() const noexcept { return {frame_, node_}; }
  Iterator& operator++() noexcept {
    node_ += node_->span;
    return *this;
  }
  Iterator operator++(int) noexcept {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  const char* frame_ = nullptr;
  const Node* node_ = nullptr;
};

inline Value::Iterator Value::begin() const noexcept { return {frame_, node_ + 1}; }
inline Value::Iterator Value::end() const noexcept { return {frame_, node_ + node_->span}; }

}  // namespace larder::redis

// Strict JSON (RFC 8259), read in place.
//
// One pass checks the grammar, the escapes and the depth and notices duplicate members;
// values are slices of the source, so nothing is ever serialised again and the digits of
// a number stay as they were sent. UTF-8 is checked apart (is_utf8), once per text.
// README.md says why this is not simdjson.
#pragma once

#include <cstddef>
#include <expected>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::mcp::json {

// No text is read deeper, whatever a caller asks for: the reader recurses.
inline constexpr std::size_t kDepthMax = 256;

// What is wrong, as the end of a sentence, and at which byte of the text.
struct Problem {
  std::string_view what{};
  std::size_t at = 0;

  [[nodiscard]] std::string message() const;
};

// The inside of a string as it stands between its quotes.
struct Text {
  std::string_view raw;
  bool escaped = false;
};

// A member's name, decoded, and where its opening quote stands.
struct Name {
  std::string_view text;
  std::size_t begin = 0;
};

// Reads one value from the front. Every verb returns false once something is wrong;
// problem() then says what. Slices point into the text, decoded names into the reader.
class Reader {
 public:
  explicit Reader(std::string_view text, std::size_t depth_max = kDepthMax);

  // The next character after white space, not taken; '\0' at the end.
  char peek() noexcept;
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>(at_ - begin_);
  }
  [[nodiscard]] std::string_view slice(std::size_t from) const noexcept {
    return {begin_ + from, offset() - from};
  }

  bool value();
  bool value(std::string_view& out);  // the value's slice
  bool string(Text& out);
  bool number();
  // Calls on_member(Name) before each value; it takes the value and returns whether it could.
  template <typename OnMember>
  bool object(OnMember&& on_member);
  // Calls on_element() before each value, likewise.
  template <typename OnElement>
  bool array(OnElement&& on_element);
  // True when nothing but white space follows.
  bool finish();

  bool fail(std::string_view what) noexcept;
  [[nodiscard]] const Problem& problem() const noexcept { return problem_; }
  // A name that one object has twice, cut to what a message can show; reading goes on.
  [[nodiscard]] const std::optional<std::string>& duplicate() const noexcept { return duplicate_; }
  // The decoded names, for those who keep views of them longer than the reader.
  [[nodiscard]] std::forward_list<std::string> take_decoded() { return std::move(decoded_); }

 private:
  bool open();
  bool take_literal(std::string_view literal);
  bool digits();
  bool escape();
  bool unicode_escape();
  bool name(Name& out);
  void find_duplicate(std::size_t first_name);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t depth_left_;
  std::vector<std::string_view> names_;  // of the objects that are open, outermost first
  std::forward_list<std::string> decoded_;
  Problem problem_;
  std::optional<std::string> duplicate_;
};

struct Member {
  std::string_view name;   // decoded
  std::string_view value;  // as it stands
  std::string_view raw;    // from the name's quote to the end of the value
};

// An object's members in their order, with slices into the text it was read from.
class Object {
 public:
  Object() = default;
  Object(Object&&) = default;
  Object& operator=(Object&&) = default;

  // nullopt for anything but one well-formed object without duplicates.
  [[nodiscard]] static std::optional<Object> read(std::string_view text);

  // The value of a member; empty where absent.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
  [[nodiscard]] auto begin() const noexcept { return members_.begin(); }
  [[nodiscard]] auto end() const noexcept { return members_.end(); }
  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }

 private:
  std::vector<Member> members_;
  std::forward_list<std::string> decoded_;
};

// The elements of a well-formed array as they stand.
[[nodiscard]] std::optional<std::vector<std::string_view>> read_array(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// With U+FFFD for every byte that belongs to no character.
[[nodiscard]] std::string repair_utf8(std::string_view text);

// The text of a string value (quotes included); nullopt if it is none.
[[nodiscard]] std::optional<std::string> read_string(std::string_view value);
[[nodiscard]] std::string decode(const Text& text);

// "text" with the fewest escapes, as RFC 8785 wants them. The text must be UTF-8.
void append_quoted(std::string& out, std::string_view text);

// On one line: without the line breaks between its tokens. Strings hold none, since JSON
// wants them escaped. Framing by lines (stdio, server-sent events) relies on it.
[[nodiscard]] std::string one_line(std::string_view json);

// Without any white space outside strings. `json` must be well-formed.
[[nodiscard]] std::string compact(std::string_view json);

template <typename OnMember>
bool Reader::object(OnMember&& on_member) {
  if (peek() != '{') {
    return fail("an object is expected");
  }
  if (!open()) {
    return false;
  }
  const std::size_t first_name = names_.size();
  if (peek() == '}') {
    ++at_;
    ++depth_left_;
    return true;
  }
  while (true) {
    Name found;
    if (!name(found) || !on_member(found)) {
      return false;
    }
    const char next = peek();
    if (next == '}') {
      break;
    }
    if (next != ',') {
      return fail("a comma or a closing brace is expected");
    }
    ++at_;
  }
  ++at_;
  ++depth_left_;
  find_duplicate(first_name);
  names_.resize(first_name);
  return true;
}

template <typename OnElement>
bool Reader::array(OnElement&& on_element) {
  if (peek() != '[') {
    return fail("an array is expected");
  }
  if (!open()) {
    return false;
  }
  if (peek() == ']') {
    ++at_;
    ++depth_left_;
    return true;
  }
  while (true) {
    peek();
    if (!on_element()) {
      return false;
    }
    const char next = peek();
    if (next == ']') {
      break;
    }
    if (next != ',') {
      return fail("a comma or a closing bracket is expected");
    }
    ++at_;
  }
  ++at_;
  ++depth_left_;
  return true;
}

}  // namespace larder::mcp::json

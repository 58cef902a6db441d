// Objects put together from slices that are JSON already.
#pragma once

#include <string>
#include <string_view>

#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

// "a":1,"b":2 without the braces.
class MemberList {
 public:
  // A member as it stood in its source, name and value.
  void add_raw(std::string_view member) {
    if (!text_.empty()) {
      text_.push_back(',');
    }
    text_.append(member);
  }

  void add(std::string_view name, std::string_view value_json) {
    add_raw(quote_json(name));
    text_.append(":").append(value_json);
  }

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace larder::mcp

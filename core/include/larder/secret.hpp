// Secret: text that never reaches a log by accident.
//
// It has no conversion and no stream operator; reveal() is the one, greppable way out.
#pragma once

#include <string>
#include <utility>

namespace larder {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) noexcept : text_(std::move(text)) {}

  [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string text_;
};

}  // namespace larder

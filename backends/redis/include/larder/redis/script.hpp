// Script: a Lua script, called by its digest where the server has it.
#pragma once

#include <string>
#include <string_view>

namespace larder::redis {

// Immutable; any thread. Make each once and keep it as long as anything may call it.
class Script {
 public:
  // The source, as for EVAL.
  explicit Script(std::string_view source);
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // SHA-1 in 40 hexadecimal digits, as the server computes it.
  [[nodiscard]] std::string_view digest() const noexcept;

  // The first two arguments on the wire, "EVALSHA <digest>" and "EVAL <source>".
  [[nodiscard]] std::string_view by_digest() const noexcept { return by_digest_; }
  [[nodiscard]] std::string_view by_source() const noexcept { return by_source_; }

 private:
  std::string by_digest_;
  std::string by_source_;
};

}  // namespace larder::redis

// Commands: how they are written down, and what may be done with one that got no answer.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <larder/bytes.hpp>

namespace larder::redis {

// One argument of a command. It views what it is made of: pass commands as temporaries.
//
//   pipeline.submit({"SET", name, value, "PX", 5000}, how, now);
class Arg {
 public:
  // From this size on a Bytes is not copied but kept alive until it has been sent.
  static constexpr std::size_t kShareBytesMin = 8 * 1024;

  Arg(const char* text) noexcept : text_(text) {}         // NOLINT(google-explicit-constructor)
  Arg(std::string_view text) noexcept : text_(text) {}    // NOLINT(google-explicit-constructor)
  Arg(const std::string& text) noexcept : text_(text) {}  // NOLINT(google-explicit-constructor)
  Arg(const Bytes& bytes) noexcept                        // NOLINT(google-explicit-constructor)
      : text_(bytes.view()), shared_(bytes.size() >= kShareBytesMin ? &bytes : nullptr) {}
  template <std::integral Number>
  Arg(Number number) noexcept  // NOLINT(google-explicit-constructor)
      : number_(static_cast<std::int64_t>(number)), is_number_(true) {}

  // For integers empty: see number().
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] const Bytes* shared() const noexcept { return shared_; }
  [[nodiscard]] bool is_number() const noexcept { return is_number_; }
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }

 private:
  std::string_view text_;
  const Bytes* shared_ = nullptr;
  std::int64_t number_ = 0;
  bool is_number_ = false;
};

// What repeating a command can do.
enum class Repeat : std::uint8_t {
  read,        // changes nothing: repeated without asking
  idempotent,  // a write that does no more when done twice (SET, DEL, PEXPIREAT): by option
  never,       // anything else (INCR, scripts of quotas and leases): never sent twice
};

// What has become of a command that failed, as far as we can know.
enum class Fate : std::uint8_t {
  unsent,      // no byte of it was handed to the transport: send it anywhere
  repeatable,  // sent; its Repeat allows sending it again
  unknown,     // sent; it may or may not have been done
};

}  // namespace larder::redis

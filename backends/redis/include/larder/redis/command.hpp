// Commands: how they are written down, and what may be done with one that got no answer.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

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
    requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
  Arg(Number number) noexcept  // NOLINT(google-explicit-constructor)
      : number_(static_cast<std::uint64_t>(number)),
        form_(std::is_signed_v<Number> ? Form::signed_number : Form::unsigned_number) {}

  // The bytes to keep alive instead of copying them; nullptr for all but a large Bytes.
  [[nodiscard]] const Bytes* shared() const noexcept { return shared_; }
  // Empty for numbers.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  // Appends the argument as it is sent, "$5\r\nhello\r\n".
  void append_to(std::string& to) const;

 private:
  enum class Form : std::uint8_t { text, signed_number, unsigned_number };

  std::string_view text_;
  const Bytes* shared_ = nullptr;
  std::uint64_t number_ = 0;  // of a negative number its two's complement
  Form form_ = Form::text;
};

// Appends a command as it is sent, its large arguments included. One argument at least.
void encode(std::string& to, std::span<const Arg> arguments);
inline void encode(std::string& to, std::initializer_list<Arg> arguments) {
  encode(to, std::span(arguments.begin(), arguments.size()));
}

// What repeating a command can do.
enum class Repeat : std::uint8_t {
  read,        // changes nothing: repeated without asking
  idempotent,  // a write that does no more when done twice (SET, DEL, PEXPIREAT): by option
  never,       // anything else (INCR, scripts of quotas and leases): never sent twice
};

// Which node a command of a cluster goes to.
enum class Asked : std::uint8_t {
  no,   // the owner of the slot
  yes,  // the one that ASK named: ASKING goes directly in front of the command
};

// What has become of a command that failed, as far as we can know.
enum class Fate : std::uint8_t {
  unsent,      // no byte of it was handed to the transport: send it anywhere
  repeatable,  // sent; its Repeat allows sending it again
  unknown,     // sent; it may or may not have been done
};

}  // namespace larder::redis

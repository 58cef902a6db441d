// The pieces that commands are written from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::redis {

inline constexpr std::string_view kLineEnd = "\r\n";

// "*3" or "$5" and the line end.
void append_header(std::string& to, char type, std::size_t number);

// "$5", "hello" and their line ends.
void append_text(std::string& to, std::string_view text);

// What a PING says that confirms the command before it, and so what its reply must be.
[[nodiscard]] std::string fence_text(std::uint64_t number);

}  // namespace larder::redis
